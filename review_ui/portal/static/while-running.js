// While something runs in the background, its own section (data-running, with an id) is fetched anew until it is done;
// the rest of the page, what is being written among it, stays as it is.
const SECONDS = 2;

async function look() {
  const running = document.querySelectorAll("[data-running][id]");
  if (!running.length) return;
  try {
    const answer = await fetch(location.pathname + location.search);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const section of running) {
      const fresh = page.getElementById(section.id);
      if (answer.ok && fresh) section.replaceWith(fresh);
    }
  } catch {
    // The next look tries again.
  }
  setTimeout(look, SECONDS * 1000);
}

setTimeout(look, 1000);
