# Two stages: what builds stays behind. The layers that seldom change come first.
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv --without-pip /venv
COPY requirements.lock ./
RUN pip --python /venv install --no-cache-dir --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY migrations ./migrations
RUN pip --python /venv install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --uid 1000 --no-create-home lictor && install --directory --owner=lictor --mode=700 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH
ENV LICTOR_HOME=/data
ENV PREFECT_SERVER_API_HOST=0.0.0.0
ENV PREFECT_SERVER_API_PORT=4200
USER lictor
WORKDIR /data
VOLUME /data
EXPOSE 4200
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD python -c "from os import environ as e; from urllib.request import urlopen; urlopen('http://127.0.0.1:' + e['PREFECT_SERVER_API_PORT'] + (e.get('PREFECT_SERVER_API_BASE_PATH') or '/api').rstrip('/') + '/health')"
CMD ["lictor", "server", "start"]
