// Arrow keys go from map to map: left and right in the order of the page, up and down to the row above or below.
const main = document.querySelector("main");
const shotsOf = (card) => [...card.querySelectorAll(".shot")];
const shownCards = () => [...main.querySelectorAll(".card:not([hidden])")];

function beside(shot, step) {
  const card = shot.closest(".card");
  const shots = shotsOf(card);
  const place = shots.indexOf(shot) + step;
  if (place >= 0 && place < shots.length) return shots[place];
  const all = shownCards();
  const next = all[all.indexOf(card) + step];
  return next && shotsOf(next).at(step > 0 ? 0 : -1);
}

function inRow(shot, step) {
  const card = shot.closest(".card");
  const place = shotsOf(card).indexOf(shot);
  const here = card.getBoundingClientRect();
  const all = shownCards();
  const others = step > 0 ? all.slice(all.indexOf(card) + 1) : all.slice(0, all.indexOf(card)).reverse();
  let nearest = null;
  let row = null;
  for (const other of others) {
    const box = other.getBoundingClientRect();
    if (Math.abs(box.top - here.top) < 1) continue;
    row ??= box.top;
    if (Math.abs(box.top - row) >= 1) break;
    const away = Math.abs(box.left - here.left);
    if (nearest === null || away < nearest.away) nearest = { other, away };
  }
  const shots = nearest ? shotsOf(nearest.other) : [];
  return shots[Math.min(place, shots.length - 1)];
}

const moves = {
  ArrowRight: (shot) => beside(shot, 1),
  ArrowLeft: (shot) => beside(shot, -1),
  ArrowDown: (shot) => inRow(shot, 1),
  ArrowUp: (shot) => inRow(shot, -1),
};

main.addEventListener("keydown", (event) => {
  const move = moves[event.key];
  if (!move || event.altKey || event.ctrlKey || event.metaKey || !event.target.matches(".shot")) return;
  const next = move(event.target);
  if (!next) return;
  event.preventDefault();
  next.focus();
});
