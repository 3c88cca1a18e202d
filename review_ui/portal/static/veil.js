// How strong the blur is: one step more with each press, after the strongest the lightest; the server remembers it.
export function watchVeil() {
  const button = document.getElementById("veil");
  if (!button) return () => false;
  const main = document.querySelector("main.task");
  const names = button.dataset.strengths.split(",");
  const levelOf = (kind) => Number(new RegExp(`${kind}-(\\d)`).exec(main.className)[1]);

  const next = () => {
    const now = levelOf("blur");
    const blur = now + 1 < names.length ? now + 1 : 1;
    main.classList.replace(`blur-${now}`, `blur-${blur}`);
    button.querySelector("b").textContent = names[blur];
    document.getElementById("blur").checked = true;
    const csrf = document.querySelector("#answer [name=csrf]").value;
    const body = new URLSearchParams({ csrf, blur, grey: levelOf("grey"), quiet: "1" });
    fetch(button.dataset.url, { method: "POST", body, keepalive: true }).catch(() => { /* for this page only, then */ });
  };
  button.addEventListener("click", next);
  return next;
}
