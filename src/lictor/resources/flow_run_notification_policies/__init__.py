"""Flow run notification policies: what clients of Prefect 3.0 to 3.3 make, each an automation under the hood."""
