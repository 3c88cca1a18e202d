// The command palette: Ctrl K (on a Mac, Command K) over pages, queues, and what has the words that are typed.
const dialog = document.getElementById("palette");
const field = dialog?.querySelector("input");
const list = dialog?.querySelector("ul");
const PAUSE = 200; // milliseconds without a key before the server is asked
let all = null; // pages and queues, fetched when the palette opens for the first time
let found = [];
let asked = 0;
let chosen = 0;

async function fetchOffers(words) {
  const answer = await fetch(`${dialog.dataset.url}?${new URLSearchParams({ q: words })}`, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : [];
}

function choose(at) {
  const options = [...list.querySelectorAll("[role=option]")];
  chosen = Math.min(Math.max(at, 0), options.length - 1);
  for (const [number, option] of options.entries()) option.setAttribute("aria-selected", number === chosen);
  if (options[chosen]) {
    field.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

function line(offer, number) {
  const option = document.createElement("li");
  Object.assign(option, { id: `offer-${number}`, role: "option" });
  option.dataset.href = offer.href;
  const [title, note, group] = ["bdi", "small", "small"].map((tag) => document.createElement(tag));
  title.textContent = offer.title;
  note.textContent = offer.note;
  group.textContent = offer.group;
  group.className = "group";
  option.append(title, note, group);
  return option;
}

function draw() {
  const words = field.value.trim().toLowerCase();
  const fits = ({ title, note, group }) => `${title} ${note} ${group}`.toLowerCase().includes(words);
  list.replaceChildren(...[...(all ?? []).filter(fits), ...found].map(line));
  dialog.querySelector("p").hidden = list.children.length > 0 || all === null;
  choose(0);
}

function go(option) {
  if (option) location.assign(option.dataset.href);
}

async function open() {
  if (dialog.open) return;
  dialog.showModal();
  field.select();
  if (all === null) {
    try { all = await fetchOffers(""); } catch { all = []; }
  }
  draw();
}

export function watchPalette() {
  if (!dialog) return;
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyK") return;
    event.preventDefault();
    open();
  });
  for (const button of document.querySelectorAll("[data-opens=palette]")) button.addEventListener("click", open);
  field.addEventListener("input", () => {
    found = [];
    draw();
    const [words, mine] = [field.value.trim(), (asked += 1)];
    if (words.length < 2) return;
    setTimeout(async () => {
      if (mine !== asked) return;
      const offers = await fetchOffers(words).catch(() => []);
      if (mine !== asked) return;
      found = offers;
      draw();
    }, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter" && !event.isComposing) go(list.children[chosen]);
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
}
