// A map over its picture, enlarged, with a slider from the one to the other.
const main = document.querySelector("main");
const viewer = document.querySelector(".viewer");
const stage = viewer.querySelector(".stage");
const slider = viewer.querySelector(".strength input");
const find = (name) => viewer.querySelector(`.${name}`);
const usual = Math.round(100 * Number(main.dataset.weight));
let current = null;

// what can be turned to: maps, and pictures without any
const stops = () =>
  [...main.querySelectorAll(".card:not([hidden])")].flatMap((card) => {
    const maps = [...card.querySelectorAll(".shot[data-heat]")];
    return maps.length ? maps : [card.querySelector(".source")];
  });

function layer(source) {
  const image = new Image();
  image.alt = "";
  image.src = source;
  return image;
}

function weigh() {
  const above = stage.children[1];
  if (above) above.style.opacity = slider.value / 100;
}

function show(shot) {
  current = shot;
  const card = shot.closest(".card");
  const { heat, said } = shot.dataset;
  stage.style.setProperty("--ratio", card.dataset.ratio);
  stage.replaceChildren(layer(card.dataset.large ?? card.querySelector(".source img").src), ...(heat ? [layer(heat)] : []));
  stage.firstChild.alt = shot.querySelector("img").alt;
  find("strength").hidden = !heat;
  find("said").textContent = said ?? "Nothing was found in it.";
  viewer.querySelector("h2").textContent = card.dataset.name;
  const all = stops();
  const place = all.indexOf(shot);
  find("place").textContent = `${place + 1} of ${all.length}`;
  find("previous").disabled = place <= 0;
  find("next").disabled = place >= all.length - 1;
  weigh();
}

function turn(step) {
  const all = stops();
  const next = all[all.indexOf(current) + step];
  if (next) show(next);
}

main.addEventListener("click", (event) => {
  const shot = event.target.closest(".shot");
  if (!shot) return;
  const isSource = shot.classList.contains("source");
  slider.value = isSource ? 0 : usual;
  show((isSource && shot.closest(".card").querySelector(".shot[data-heat]")) || shot);
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
viewer.addEventListener("close", () => current.focus());
