// A task with a template of its own: the frame hands over an answer, this page sends it. Keys leave the task.
import { listen } from "./keys.js";
import { watchLease } from "./lease.js";
import { watchLeaving } from "./leave.js";
import { send } from "./sending.js";
import { onAgain } from "./trouble.js";
import { watchUndo } from "./undo.js";

const frame = document.getElementById("template");
const form = document.getElementById("answer");
let isSent = false;

async function submit() {
  isSent = true;
  isSent = await send(form);
}

window.addEventListener("message", (event) => {
  // The frame has no origin; what proves who speaks is the window itself.
  if (event.source !== frame.contentWindow || typeof event.data !== "object" || event.data === null) return;
  if (event.data.kind === "height" && Number.isFinite(event.data.height)) {
    frame.style.height = `${Math.min(Math.max(event.data.height, 240), 20000)}px`;
  }
  // A template may not answer by itself: somebody must just have pressed something.
  const pressed = navigator.userActivation ? navigator.userActivation.isActive : true;
  if (event.data.kind === "answer" && pressed && !isSent) {
    form.elements.answer.value = JSON.stringify(event.data.content);
    submit();
  }
});

onAgain(() => { if (form.elements.answer.value && !isSent) submit(); });
watchLease();
const { skip, escalate, quit } = watchLeaving();
listen({
  z: watchUndo(),
  s: skip,
  e: escalate,
  h: () => location.assign(document.getElementById("history").href),
  q: quit,
});
