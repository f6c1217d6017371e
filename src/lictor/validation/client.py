"""Which version of Prefect's client calls."""

from dataclasses import dataclass

Version = tuple[int, int, int]

FIRST = (3, 0, 0)
LAST_TO_MANAGE_SLOTS = (3, 0, 3)
FIRST_TO_RENEW_LEASES = (3, 4, 11)
FIRST_TO_LABEL_SUBMISSIONS = (3, 2, 0)


@dataclass(frozen=True)
class Client:
    """The version that a request tells of, where it does."""

    version: Version | None = None

    @property
    def manages_slots(self) -> bool:
        """Whether its workers take the slots of deployments by themselves."""
        return self.version is not None and FIRST <= self.version <= LAST_TO_MANAGE_SLOTS

    @property
    def renews_leases(self) -> bool:
        """Whether its flow runs tell that they are still there."""
        return self.version is not None and self.version >= FIRST_TO_RENEW_LEASES

    @property
    def labels_submissions(self) -> bool:
        """Whether its workers label the runs that they are about to start, with their own names."""
        return self.version is not None and self.version >= FIRST_TO_LABEL_SUBMISSIONS


UNKNOWN = Client()
