"""Who watches an import in tests."""


class Silent:
    """Watches an import and says nothing."""

    def begun(self, rows: int) -> None:
        pass

    def advanced(self, table: str, rows: int) -> None:
        pass

    def settling(self) -> None:
        pass
