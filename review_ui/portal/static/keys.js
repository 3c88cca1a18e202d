// Single keys: who hears them, the list of them, and the switch that turns them off.
const STORED = "review-single-keys";
const TYPED_INTO = "textarea, select, input:not([type=checkbox]):not([type=radio])";
// Held down, these go on; any other key acts once.
const REPEATED = new Set(["+", "-", ",", ".", "j", "l", "arrowleft", "arrowright", "arrowup", "arrowdown"]);
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
  const toggle = document.getElementById("single-keys");
  let isOn = true;
  try { isOn = localStorage.getItem(STORED) !== "off"; } catch { /* storage may be forbidden */ }
  if (overlay) {
    document.getElementById("show-keys").addEventListener("click", () => overlay.showModal());
    toggle.checked = isOn;
    toggle.addEventListener("change", () => {
      isOn = toggle.checked;
      try { localStorage.setItem(STORED, isOn ? "on" : "off"); } catch { /* for this page only, then */ }
    });
    actions = { "?": () => overlay.showModal(), ...actions };
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!isOn || document.querySelector("dialog[open]") || event.target.matches(TYPED_INTO)) return;
    const name = nameOf(event);
    if (event.repeat && !REPEATED.has(name)) return;
    if (name === "enter" && event.target.closest(OWN_ENTER)) return;
    if (!Object.hasOwn(actions, name)) return;
    // An action that has nothing to act on here says so, and the key keeps its usual meaning.
    if (actions[name]() !== false) event.preventDefault();
  });
}
