// Labels beyond those with a key: found by a few letters of their name, ticked with Enter.
export function watchLabels() {
  const field = document.getElementById("find-label");
  if (!field) return () => false;
  const labels = [...document.querySelectorAll(".labels label")].filter((label) => label.querySelector("[name=label]"));
  const heads = [...document.querySelectorAll(".labels h3")];
  const nameOf = (label) => `${label.textContent} ${label.querySelector("bdi").title}`.toLowerCase();
  const shown = () => labels.filter((label) => !label.hidden);

  function filter() {
    const words = field.value.trim().toLowerCase();
    for (const label of labels) label.hidden = !nameOf(label).includes(words);
    for (const head of heads) head.hidden = words !== "";
    for (const label of labels) label.classList.toggle("next", words !== "" && label === shown()[0]);
  }

  function leave() {
    field.value = "";
    filter();
    field.blur();
  }
  field.addEventListener("input", filter);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") leave();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (field.value.trim() !== "") shown()[0]?.querySelector("input").click();
      field.select();
    }
  });
  return () => field.focus();
}
