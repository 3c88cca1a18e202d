// Single keys: who hears them, the list of them, and the switch that turns them off.
const STORED = "review-single-keys";
const TYPED_INTO = "textarea, select, input:not([type=checkbox]):not([type=radio])";
const OWN_ENTER = "a, button, summary, audio, video";

// The letter on the key where the layout has no Latin ones, so that A is A on a Greek or Russian keyboard, too.
function nameOf(event) {
  if (/^[\x20-\x7e]$/.test(event.key)) return event.key.toLowerCase();
  if (event.key.length === 1 && /^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  return event.key.toLowerCase();
}

// `actions`: what to do, by the key's name.
export function listen(actions) {
  const overlay = document.getElementById("keys");
  const opener = document.getElementById("show-keys");
  const toggle = document.getElementById("single-keys");
  opener.addEventListener("click", () => overlay.showModal());
  try { toggle.checked = localStorage.getItem(STORED) !== "off"; } catch { /* storage may be forbidden */ }
  toggle.addEventListener("change", () => {
    try { localStorage.setItem(STORED, toggle.checked ? "on" : "off"); } catch { /* for this page only, then */ }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (overlay.open || !toggle.checked || event.target.matches(TYPED_INTO)) return;
    const name = nameOf(event);
    if (name === "enter" && event.target.closest(OWN_ENTER)) return;
    const action = name === "?" ? () => overlay.showModal() : Object.hasOwn(actions, name) ? actions[name] : null;
    if (action === null) return;
    event.preventDefault();
    action();
  });
}
