// A task with a template of its own: the frame hands over an answer, this page sends it. Keys leave the task.
import { keepState, keptState } from "./draft.js";
import { listen } from "./keys.js";
import { watchLease } from "./lease.js";
import { watchLeaving } from "./leave.js";
import { send } from "./sending.js";
import { onAgain } from "./trouble.js";
import { watchUndo } from "./undo.js";
import { watchVeil } from "./veil.js";

const frame = document.getElementById("template");
const form = document.getElementById("answer");
const main = document.getElementById("main");
const BLURS = [0, 6, 14, 24, 48]; // pixels, as style/task.css has them
let isSent = false;

async function submit() {
  isSent = true;
  isSent = await send(form, () => keepState(form.dataset.draft, null));
}

const say = (message) => frame.contentWindow.postMessage(message, "*");

// The veil is this page's; what it lies over is the frame's.
function sayVeil() {
  const level = (kind) => (document.getElementById(kind).checked ? Number(new RegExp(`${kind}-(\\d)`).exec(main.className)[1]) : 0);
  const filters = [level("blur") && `blur(${BLURS[level("blur")]}px)`, level("grey") && `grayscale(${level("grey") / 2})`];
  say({ kind: "veil", filter: filters.filter(Boolean).join(" ") || "none" });
}
for (const name of ["blur", "grey"]) document.getElementById(name).addEventListener("change", sayVeil);
const veil = watchVeil();
new MutationObserver(sayVeil).observe(main, { attributeFilter: ["class"] });

// Where a link of the template leads is shown before anybody goes there.
function askToLeave(href) {
  const dialog = document.getElementById("leaving");
  let address;
  try { address = new URL(href); } catch { return; }
  if (!/^https?:$/.test(address.protocol) || dialog.open) return;
  const link = document.getElementById("leaving-link");
  link.href = address.href;
  link.textContent = address.href.length > 200 ? `${address.href.slice(0, 200)}…` : address.href;
  dialog.showModal();
}
document.getElementById("leaving-link").addEventListener("click", () => document.getElementById("leaving").close());

window.addEventListener("message", (event) => {
  // The frame has no origin; what proves who speaks is the window itself.
  if (event.source !== frame.contentWindow || typeof event.data !== "object" || event.data === null) return;
  const { data } = event;
  if (data.kind === "height" && Number.isFinite(data.height)) {
    frame.style.height = `${Math.min(Math.max(data.height, 240), 20000)}px`;
  }
  if (data.kind === "ready") {
    sayVeil();
    const state = keptState(form.dataset.draft);
    if (state !== null) say({ kind: "restore", state });
  }
  if (data.kind === "draft" && !isSent) keepState(form.dataset.draft, data.state);
  // A template may neither answer nor open a page by itself: somebody must just have pressed something.
  const pressed = navigator.userActivation ? navigator.userActivation.isActive : true;
  if (data.kind === "open" && pressed) askToLeave(String(data.href));
  if (data.kind === "answer" && pressed && !isSent) {
    form.elements.answer.value = JSON.stringify(data.content);
    submit();
  }
});

onAgain(() => { if (form.elements.answer.value && !isSent) submit(); });
watchLease();
const flip = (name) => () => {
  const input = document.getElementById(name);
  input.checked = !input.checked;
  sayVeil();
};
const { skip, escalate, quit } = watchLeaving();
listen({
  b: flip("blur"),
  g: flip("grey"),
  v: veil,
  z: watchUndo(),
  s: skip,
  e: escalate,
  h: () => location.assign(document.getElementById("history").href),
  q: quit,
});
