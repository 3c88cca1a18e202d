// Sends a form without leaving its page, so that nothing is lost when it cannot be taken.
import { forgetTrouble, sayTrouble } from "./trouble.js";

const PATIENCE = 30000; // milliseconds; a longer silence counts as no answer, and sending twice does no harm

// Goes on to the next page and gives true when the form was taken; otherwise says why not, and gives false.
export async function send(form, onTaken = () => {}) {
  // The fields are read now: what is changed while it is under way is not of this answer.
  const body = new URLSearchParams(new FormData(form));
  let answer;
  let said;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
    said = await answer.json().catch(() => ({}));
  } catch {
    sayTrouble("offline");
    return false;
  }
  if (answer.ok && said.next) {
    forgetTrouble();
    onTaken();
    location.assign(said.next);
    return true;
  }
  if (said.sign_in) sayTrouble("closed");
  else if (answer.status === 409) sayTrouble("gone");
  else if (answer.status < 500 && said.problem) sayTrouble("said", said.problem);
  else sayTrouble("failed");
  return false;
}
