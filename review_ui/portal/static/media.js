// Pictures on the task page: hold to look, say so when one is missing, load the next ones ahead.
export function watchMedia() {
  for (const picture of document.querySelectorAll(".picture")) {
    const image = picture.querySelector("img");
    picture.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && !picture.classList.contains("zoomed")) picture.classList.add("held");
      event.preventDefault();
      picture.focus();
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
      picture.addEventListener(end, () => picture.classList.remove("held"));
    }
    const missing = () => {
      picture.hidden = true;
      picture.nextElementSibling.hidden = false;
    };
    if (image.complete && image.naturalWidth === 0) missing();
    image.addEventListener("error", missing);
  }
}

// The addresses are the ones that the next page will have, so the browser finds the pictures in its cache.
export function loadAhead() {
  const load = () => {
    for (const entry of document.querySelectorAll("#ahead li")) new Image().src = entry.dataset.url;
  };
  if (document.readyState === "complete") load();
  else window.addEventListener("load", load, { once: true });
}
