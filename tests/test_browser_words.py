"""Words by a model, ordered with a button in a browser and there without loading the page again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser import visiting
from browser_world import garments, paid_service
from command_line import journal

pytestmark = [pytest.mark.takes_long, pytest.mark.timeout(180)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_come_when_they_are_ordered_and_axe_finds_nothing(
    chromium: Browser, tmp_path: Path, scheme: str
) -> None:
    with paid_service(tmp_path, "--median", "0.5") as server:
        garments(tmp_path / "spring", 3)
        portfolio = server.portfolio("Spring", tmp_path / "spring")
        server.wait_for_end(server.run(portfolio, analyzer="local"))
        with visiting(chromium, server.origin, color_scheme=scheme) as visitor:
            page = visitor.go(f"/portfolios/{portfolio}/profile")
            assert visitor.violations() == []
            page.get_by_role("button", name="Have it put into words by replicate").dblclick()
            expect(page.locator("#words")).to_contain_text("Written by replicate")
            expect(page.get_by_role("button", name="Have it put into words")).to_have_count(0)
            assert visitor.violations() == []
        assert len(journal(tmp_path, "create")) == 1
