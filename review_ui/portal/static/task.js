// The task page: a key for every action. Without this script the page still works: its forms are plain forms.
import { Draft } from "./draft.js";
import { listen } from "./keys.js";
import { watchLabels } from "./labels.js";
import { watchLease } from "./lease.js";
import { watchLeaving } from "./leave.js";
import { watchLens } from "./lens.js";
import { loadAhead, watchMedia } from "./media.js";
import { watchPlayers } from "./players.js";
import { send } from "./sending.js";
import { onAgain } from "./trouble.js";
import { watchUndo } from "./undo.js";
import { watchVeil } from "./veil.js";
import { watchZoom } from "./zoom.js";

const answer = document.getElementById("answer");
const draft = new Draft(answer);
let isSent = false;

function setSent(sent) {
  isSent = sent;
  answer.setAttribute("aria-busy", sent);
}

// A second Enter must not answer twice; a page that comes back from the browser's memory may be answered again.
answer.addEventListener("submit", async (event) => {
  if (event.submitter?.id === "unmask") return;
  event.preventDefault();
  if (isSent) return;
  setSent(true);
  if (!await send(answer, () => draft.drop())) setSent(false);
});
addEventListener("pageshow", (event) => { if (event.persisted) setSent(false); });

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
  f: watchLabels(),
  h: () => location.assign(document.getElementById("history").href),
  q: quit,
  v: watchVeil(),
});

onAgain(submit);
watchLease();
watchMedia();
loadAhead();
