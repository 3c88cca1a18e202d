// Skip and escalate ask for a reason first; leaving for the queues does not.
import { send } from "./sending.js";

export function watchLeaving() {
  const dialog = document.getElementById("leave");
  const form = document.getElementById("release");
  const reasons = [...form.querySelectorAll("[name=reason]")];

  function ask(to) {
    form.elements.to.value = to;
    dialog.dataset.to = to;
    dialog.showModal();
    reasons.find((reason) => reason.checked)?.focus();
  }
  dialog.addEventListener("keydown", (event) => {
    if (event.target.name === "words" || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = /^[1-9]$/.test(event.key) ? reasons[Number(event.key) - 1] : undefined;
    if (!chosen) return;
    event.preventDefault();
    chosen.checked = true;
    chosen.focus();
  });
  document.getElementById("stay").addEventListener("click", () => dialog.close());

  // Whatever goes wrong is said beside the answer, under the dialog; its words stay for the next try.
  let isSent = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSent) return;
    isSent = true;
    if (!await send(form)) {
      isSent = false;
      dialog.close();
    }
  });

  const skip = () => ask("others");
  const escalate = () => ask("lead");
  document.getElementById("skip").addEventListener("click", skip);
  document.getElementById("escalate").addEventListener("click", escalate);

  function quit() {
    form.elements.to.value = "others";
    form.elements.then.value = "queues";
    for (const reason of reasons) reason.checked = false;
    form.requestSubmit();
  }
  return { skip, escalate, quit };
}
