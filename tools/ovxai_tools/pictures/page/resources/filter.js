// Which cards are shown, and in which order: by name, class and how sure the model is.
const form = document.querySelector(".controls");
const main = document.querySelector("main");
const given = [...main.querySelectorAll(".card")];
const cards = given.map((element, place) => ({
  element,
  place,
  name: element.dataset.name,
  found: `${element.dataset.name} ${element.dataset.classes}`.toLowerCase(),
  classes: JSON.parse(element.dataset.classes),
  score: element.dataset.score === undefined ? null : Number(element.dataset.score),
  differs: element.dataset.differs !== undefined,
}));

const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });
const orders = {
  given: (a, b) => a.place - b.place,
  sure: (a, b) => (b.score ?? -Infinity) - (a.score ?? -Infinity) || a.place - b.place,
  unsure: (a, b) => (a.score ?? Infinity) - (b.score ?? Infinity) || a.place - b.place,
  name: byName,
};

function listClasses() {
  const counts = new Map();
  for (const card of cards) {
    for (const label of card.classes) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const labels = [...counts.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  form.elements.class.append(...labels.map((label) => new Option(`${label} (${counts.get(label)})`, label)));
}

function show() {
  const { name, class: label, differs } = form.elements;
  const wanted = name.value.trim().toLowerCase();
  let shown = 0;
  for (const card of cards) {
    const fits =
      card.found.includes(wanted) &&
      (label.value === "" || card.classes.includes(label.value)) &&
      (!differs.checked || card.differs);
    card.element.hidden = !fits;
    shown += fits;
  }
  form.querySelector("output").value =
    shown === 0 ? "No picture fits" : `${shown} of ${cards.length} picture${cards.length === 1 ? "" : "s"}`;
}

function sort() {
  main.append(...[...cards].sort(orders[form.elements.order.value]).map((card) => card.element));
}

listClasses();
form.querySelector(".tick").hidden = !cards.some((card) => card.differs);
form.hidden = false;
form.elements.name.addEventListener("input", show);
for (const name of ["class", "differs"]) form.elements[name].addEventListener("change", show);
form.elements.order.addEventListener("change", sort);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(() => (sort(), show())));
show(); // browsers keep what was typed and chosen when a page is loaded again
if (form.elements.order.value !== "given") sort();
