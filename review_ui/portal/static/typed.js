// Ask with what was typed, or restored by the browser, before htmx listened: nobody else tells it.
document.addEventListener("htmx:load", () => {
  for (const field of document.querySelectorAll("form[hx-get] input")) {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}, { once: true });
