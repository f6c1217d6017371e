"""The versions of Prefect's tables that we can read.

Each tuple holds the revisions of Prefect's migrations for one database, the oldest first: from the one that Prefect
3.0.0 came with to the one of Prefect 3.9.1. Where an early one lacks a column that we read, the column's default
stands in for it.
"""

OLDEST_PREFECT = "3.0.0"
NEWEST_PREFECT = "3.9.1"

KNOWN = {
    "sqlite": (
        "f93e1439f022",
        "7d6350aea855",
        "4ad4658cbefe",
        "5952a5498b51",
        "a49711513ad4",
        "67f886da208e",
        "07ecde74d74d",
        "3457c6ca2360",
        "bbca16f6f218",
        "7655f31c5157",
        "3c841a1800a1",
        "bb2345678901",
        "8bb517bae6f9",
        "9e83011d1f2a",
        "a1b2c3d4e5f7",
        "4dfa692e02a7",
        "2095de406cbe",
        "79e7a60e43d8",
        "14806cb26270",
        "f416ea180ae1",
        "a3b9c7d2e5f1",
        "8f5eda7c1dd7",
        "27d8f4e1a6c9",
    ),
    "postgresql": (
        "97429116795e",
        "555ed31b284d",
        "eaec5004771f",
        "68a44144428d",
        "5d03c01be85e",
        "c163acd7e8e3",
        "a03d00b8e275",
        "b5f5644500d2",
        "06b7c293bc69",
        "7a73514ca2d6",
        "4160a4841eed",
        "1c9bb7f78263",
        "aa1234567890",
        "3b86c5ea017a",
        "9e83011d1f2a",
        "a1b2c3d4e5f6",
        "09a9e091e578",
        "7218aad17905",
        "bad1e352c597",
        "50737cdaee36",
        "9e9dadc36797",
        "c8d5f2a71b3e",
        "d4a7e1c93f52",
        "e7f54680bce3",
        "91e2b8f3d6a4",
    ),
}

LATER_COLUMNS = frozenset(
    {
        ("flow", "labels"),
        ("flow_run", "labels"),
        ("task_run", "labels"),
        ("deployment", "labels"),
        ("deployment", "concurrency_options"),
        ("deployment", "concurrency_limit_id"),
        ("deployment_schedule", "parameters"),
        ("deployment_schedule", "slug"),
        ("work_pool", "storage_configuration"),
        ("automation", "tags"),
    }
)
"""What the oldest of these versions has not yet."""
