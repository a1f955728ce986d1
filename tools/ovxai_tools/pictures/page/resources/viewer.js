// Maps over their picture, enlarged, with a slider from the one to the other; those of several ways beside each other.
const main = document.querySelector("main");
const viewer = document.querySelector(".viewer");
const panels = viewer.querySelector(".panels");
const slider = viewer.querySelector(".strength input");
const find = (name) => viewer.querySelector(`.${name}`);
const usual = Math.round(100 * Number(main.dataset.weight));
let current = [];
let opened = null;

// what is shown at a time: of a card, the maps of all its ways that have the same rank, or a picture without any
function stopsOf(card) {
  const ways = [...card.querySelectorAll(".way")].map((way) => [...way.querySelectorAll(".shot[data-heat]")]);
  const ranks = Math.max(...ways.map((maps) => maps.length));
  if (ranks === 0) return [[card.querySelector(".source")]];
  return Array.from({ length: ranks }, (_, rank) => ways.map((maps) => maps[rank]).filter(Boolean));
}

const stops = () => [...main.querySelectorAll(".card:not([hidden])")].flatMap(stopsOf);
const placeIn = (all) => all.findIndex((stop) => stop[0] === current[0]);

function layer(source, words) {
  const image = new Image();
  image.alt = words;
  image.src = source;
  return image;
}

function panelOf(shot) {
  const card = shot.closest(".card");
  const panel = document.createElement("figure");
  const stage = document.createElement("div");
  const caption = document.createElement("figcaption");
  stage.className = "stage";
  stage.append(layer(card.dataset.large ?? card.querySelector(".source img").src, shot.querySelector("img").alt));
  if (shot.dataset.heat) stage.append(layer(shot.dataset.heat, ""));
  caption.textContent = shot.dataset.said ?? "Nothing was found in it.";
  panel.append(stage, caption);
  return panel;
}

function weigh() {
  for (const above of panels.querySelectorAll("img + img")) above.style.opacity = slider.value / 100;
}

function show(stop) {
  current = stop;
  const card = stop[0].closest(".card");
  panels.style.setProperty("--ratio", card.dataset.ratio);
  panels.style.setProperty("--count", stop.length);
  panels.replaceChildren(...stop.map(panelOf));
  find("strength").hidden = !stop[0].dataset.heat;
  viewer.querySelector("h2").textContent = card.dataset.name;
  const all = stops();
  const place = placeIn(all);
  find("place").textContent = `${place + 1} of ${all.length}`;
  find("previous").disabled = place <= 0;
  find("next").disabled = place >= all.length - 1;
  weigh();
}

function turn(step) {
  const all = stops();
  const next = all[placeIn(all) + step];
  if (next) show(next);
}

main.addEventListener("click", (event) => {
  opened = event.target.closest(".shot");
  if (!opened) return;
  const all = stopsOf(opened.closest(".card"));
  slider.value = opened.classList.contains("source") ? 0 : usual;
  show(all.find((stop) => stop.includes(opened)) ?? all[0]);
  viewer.showModal();
  slider.focus({ focusVisible: false });
});

const keys = {
  ArrowRight: () => turn(1),
  ArrowLeft: () => turn(-1),
  ArrowUp: () => (slider.value = Number(slider.value) + 10),
  ArrowDown: () => (slider.value = Number(slider.value) - 10),
};

viewer.addEventListener("keydown", (event) => {
  const act = keys[event.key];
  if (!act || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  act();
  weigh();
});
slider.addEventListener("input", weigh);
find("previous").addEventListener("click", () => turn(-1));
find("next").addEventListener("click", () => turn(1));
find("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
viewer.addEventListener("close", () => (current.includes(opened) ? opened : current[0]).focus());
