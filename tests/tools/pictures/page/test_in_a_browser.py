"""The page of ovxai-explain in a browser: what is clicked, typed and searched, and how wide it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.extras import needs_pictures
from tests.tools.pictures.page.browser import browser, set_screen
from tests.tools.pictures.page.pages import written

needs_pictures()

COUNT = 12
WIDTHS = "return [document.documentElement.scrollWidth, window.innerWidth]"
SHOWN = "return [...document.querySelectorAll('.card:not([hidden])')].map(one => one.dataset.name)"
FOCUSED = "return [...document.querySelectorAll('.shot')].indexOf(document.activeElement)"


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("pages") / "page", COUNT, ("reciprocam", "eigencam")).as_uri()


@pytest.fixture
def page(driver: Any, address: str) -> Any:
    set_screen(driver, 1280, 800)
    driver.get(address)
    return driver


def one(page: Any, selector: str) -> Any:
    return page.find_element("css selector", selector)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.switch_to.active_element.send_keys(getattr(_keys(), key))


def _keys() -> Any:
    return pytest.importorskip("selenium.webdriver.common.keys").Keys


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_is_wider_than_the_screen(page: Any, width: int) -> None:
    set_screen(page, width, 800)
    assert page.execute_script(WIDTHS) == [width, width]
    one(page, ".shot[data-heat]").click()
    assert page.execute_script(WIDTHS) == [width, width]
    box = one(page, ".viewer").rect
    assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    assert box["height"] <= 800
    assert one(page, ".stage").rect["width"] > width / 3
    page.execute_script("document.querySelector('.viewer').scrollTo(0, 1e9)")
    assert page.execute_script("return document.querySelector('.next').getBoundingClientRect().bottom") <= 800
    assert page.get_log("browser") == [], "no errors, and nothing that is not found"


def test_search_class_and_order(page: Any) -> None:
    every = page.execute_script(SHOWN)
    assert len(every) == COUNT
    assert one(page, "output").text == "12 of 12 pictures"
    one(page, "[name=name]").send_keys("PICTURE_1")
    assert page.execute_script(SHOWN) == [name for name in every if "picture_1" in name]
    assert one(page, "output").text == "3 of 12 pictures"
    one(page, "[name=name]").clear()
    one(page, "[name=name]").send_keys("egyptian CAT")
    assert 0 < len(page.execute_script(SHOWN)) < COUNT
    one(page, "[name=name]").send_keys("no such name")
    assert one(page, "output").text == "No picture fits"
    one(page, "[type=reset]").click()
    assert page.execute_script("await new Promise(done => setTimeout(done, 20));" + SHOWN) == every
    one(page, "[name=order] [value=sure]").click()
    scores = page.execute_script("return [...document.querySelectorAll('.card')].map(one => +one.dataset.score)")
    assert scores == sorted(scores, reverse=True) != scores[::-1]
    one(page, "[name=class] [value=macaw]").click()
    classes = page.execute_script(SHOWN.replace("dataset.name", "dataset.classes"))
    assert 0 < len(classes) < COUNT
    assert all("macaw" in some for some in classes)
    assert page.execute_script(SHOWN)[0] != every[0]


def test_the_viewer_goes_from_the_picture_to_the_map(page: Any) -> None:
    one(page, ".shot[data-heat]").click()
    opacity = "return getComputedStyle([...document.querySelectorAll('.stage')].at(-1).children[1]).opacity"
    captions = "return [...document.querySelectorAll('.panels figcaption')].map(one => one.textContent)"
    assert page.execute_script(captions) == ["Egyptian cat, 20 %, reciprocam", "macaw, 20 %, eigencam"]
    boxes = [one.rect for one in page.find_elements("css selector", ".stage")]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["width"] == boxes[1]["width"] > 300
    assert page.execute_script(opacity) == "0.5"
    press(page, "ARROW_UP", "ARROW_UP")
    assert page.execute_script(opacity) == "0.7"
    press(page, "END")
    assert page.execute_script(opacity) == "1"
    loaded = "await Promise.all([...document.querySelectorAll('.stage img')].map(one => one.decode()));"
    assert page.execute_script(f"{loaded} return document.querySelectorAll('.stage img').length") == 4
    press(page, "ARROW_RIGHT")
    assert one(page, ".place").text == "2 of 24"
    assert all(" 0.4 %," in one for one in page.execute_script(captions))
    press(page, "ESCAPE")
    assert not one(page, ".viewer").is_displayed()
    assert page.execute_script(FOCUSED) == 2, "where one was last"
    one(page, ".source").click()
    assert page.execute_script(opacity) == "0"
    one(page, ".close").click()
    assert not one(page, ".viewer").is_displayed()


def test_all_can_be_reached_by_the_keyboard(page: Any) -> None:
    body = one(page, "body")
    body.send_keys(_keys().TAB)
    assert page.switch_to.active_element.text == "To the pictures"
    reached = []
    for _ in range(7):
        press(page, "TAB")
        focused = page.switch_to.active_element
        reached.append(focused.get_attribute("name") or focused.get_attribute("class"))
    assert reached == ["name", "class", "order", "differs", "plain", "shot source", "shot"]
    assert page.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press(page, "ARROW_RIGHT", "ARROW_RIGHT", "ARROW_LEFT")
    assert page.execute_script(FOCUSED) == 2
    press(page, "ARROW_DOWN")
    assert page.execute_script(FOCUSED) == 7, "the same map of the next picture"
    press(page, "ARROW_UP", "ENTER")
    assert one(page, ".viewer").is_displayed()
    assert page.execute_script("return document.querySelector('.viewer').contains(document.activeElement)")


def test_light_and_dark(page: Any) -> None:
    colours = "const body = getComputedStyle(document.body); return [body.color, body.backgroundColor]"
    light = page.execute_script(colours)
    set_screen(page, 1280, 800, dark=True)
    dark = page.execute_script(colours)
    assert light == ["rgb(27, 31, 36)", "rgb(255, 255, 255)"]
    assert dark == ["rgb(230, 232, 234)", "rgb(20, 23, 26)"]


def test_a_thousand_pictures_can_be_searched(driver: Any, tmp_path: Path) -> None:
    set_screen(driver, 1280, 800)
    driver.get(written(tmp_path / "page", 1000).as_uri())
    one(driver, "[name=name]").send_keys("_77")
    assert one(driver, "output").text == "11 of 1000 pictures"
    took = "const [entry] = performance.getEntriesByType('navigation'); return entry.loadEventEnd"
    print(f"1,000 pictures opened in {driver.execute_script(took):.0f} ms")


def test_one_file_shows_its_pictures(driver: Any, tmp_path: Path) -> None:
    driver.get(written(tmp_path / "page", 3, embedded=True).as_uri())
    one(driver, ".shot[data-heat]").click()
    widths = "return [...document.querySelectorAll('.stage img, .source img')].map(one => one.naturalWidth)"
    assert all(driver.execute_script(f"await new Promise(done => setTimeout(done, 50)); {widths}"))
