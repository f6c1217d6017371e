import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { Schemas } from "@/api/types";
import { duration } from "@/lib/time";
import { useTitle } from "@/lib/hooks";
import { JsonView } from "@/parts/json-view";
import { Failure, Loading } from "@/parts/notice";
import { Facts, PageBody, PageHead, Section } from "@/parts/page-head";
import { Table, type Column } from "@/parts/table";
import { When } from "@/parts/when";

type Service = Schemas["ServiceRun"] & { id?: string };

const SERVICES: Column<Service>[] = [
  { name: "Service", cell: (service) => <span className="font-medium">{service.name}</span> },
  { name: "Last ran", cell: (service) => <When at={service.started} /> },
  { name: "Took", cell: (service) => (service.seconds == null ? "–" : duration(service.seconds)), right: true },
  { name: "Trouble", cell: (service) => <span className="text-danger">{service.error ?? (service.is_behind && "✕ is behind: it should have run again")}</span> },
];

function useRead<T>(path: string, refetchInterval?: number) {
  return useQuery({ queryKey: ["one", path], queryFn: ({ signal }) => get<T>(path, signal), refetchInterval });
}

/** What serves this, is it well, and how is it set? */
export default function ServerPage() {
  useTitle("Server");
  const version = useRead<string>("admin/version");
  const ready = useRead<unknown>("ready", 10_000);
  const settings = useRead<unknown>("admin/settings");
  const services = useRead<Service[]>("admin/services", 10_000);
  return (
    <PageBody>
      <PageHead title="Server" />
      <Section title="Server">
        <Facts
          facts={[
            ["Serves the API of", version.data && `Prefect ${version.data}`],
            ["Database", ready.error ? <span className="text-danger">✕ {ready.error.message}</span> : ready.data ? "● answers" : "…"],
          ]}
        />
      </Section>
      <Section title="Services" note="what the server does by itself">
        <Table label="Services" columns={SERVICES} list={{ ...services, rows: services.data ?? [] }} empty={<p className="p-3 text-sm text-muted">None has run yet.</p>} />
      </Section>
      <Section title="Settings" note="secrets are masked">
        {settings.error ? <Failure error={settings.error} /> : settings.data ? <JsonView value={settings.data} /> : <Loading />}
      </Section>
    </PageBody>
  );
}
