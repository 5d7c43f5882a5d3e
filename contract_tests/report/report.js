// Filter and search, and the buttons that copy. Without it everything is there all the same.
const search = document.querySelector(".bar input");
const buttons = [...document.querySelectorAll(".bar button")];
const rules = [...document.querySelectorAll("[data-verdict]")];
let verdict = "";

function apply() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const rule of rules) {
    const text = rule.textContent.toLowerCase();
    rule.hidden = (verdict !== "" && rule.dataset.verdict !== verdict) || !words.every((word) => text.includes(word));
  }
  for (const group of document.querySelectorAll("[data-group]")) {
    const shown = [...group.querySelectorAll("[data-verdict]")].some((rule) => !rule.hidden);
    group.hidden = !shown;
    if (group.matches("details") && (words.length || verdict)) group.open = shown;
  }
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    verdict = button.dataset.show;
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    apply();
  });
}
search.addEventListener("input", apply);

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.matches("details")) at.open = true;
  target?.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
