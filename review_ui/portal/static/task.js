// The task page: a key for every action. Without this script the page still works: its forms are plain forms.
import { listen } from "./keys.js";
import { watchLeaving } from "./leave.js";
import { watchLens } from "./lens.js";
import { loadAhead, watchMedia } from "./media.js";
import { watchPlayers } from "./players.js";
import { watchUndo } from "./undo.js";
import { watchVeil } from "./veil.js";
import { watchZoom } from "./zoom.js";

const answer = document.getElementById("answer");
let isSent = false;

// A second Enter must not answer twice; a page that comes back from the browser's memory may be answered again.
answer.addEventListener("submit", (event) => {
  if (event.submitter?.id === "unmask") return;
  if (isSent) event.preventDefault();
  isSent = true;
});
window.addEventListener("pageshow", () => { isSent = false; });

function submit() {
  if (!isSent && answer.reportValidity()) answer.requestSubmit();
}

const note = document.getElementById("note");
note.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") note.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
});

// Switches, labels and the decision name their keys themselves.
const inputs = {};
for (const input of document.querySelectorAll("input[data-key]")) {
  inputs[input.dataset.key] = () => {
    input.checked = input.type === "radio" || !input.checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
}
const unmask = document.getElementById("unmask");
const zoom = watchZoom();
const { skip, escalate, quit } = watchLeaving();
listen({
  ...zoom,
  ...watchLens(zoom),
  ...watchPlayers(),
  ...inputs,
  enter: submit,
  z: watchUndo(),
  n: () => note.focus(),
  u: () => (unmask ? unmask.click() : false),
  s: skip,
  e: escalate,
  h: () => location.assign(document.getElementById("history").href),
  q: quit,
  v: watchVeil(),
});

watchMedia();
loadAhead();
