// The document as Redoc shows it. It is fetched here, so that a page without access says so in its own words.
const place = document.getElementById("reference");

async function show() {
  const response = await fetch("../openapi.json");
  if (!response.ok) {
    const told = document.createElement("p");
    told.textContent = response.status === 401 ? "Log in first, at " : `The document cannot be read: HTTP ${response.status}. `;
    const link = Object.assign(document.createElement("a"), { href: "../ui/", textContent: "the page of this mock" });
    told.append(link, ".");
    place.replaceChildren(told);
    return;
  }
  window.Redoc.init(
    await response.json(),
    {
      disableSearch: true, // its search runs in a worker made from a blob, which the policy of this page does not allow
      hideDownloadButton: true,
      expandResponses: "200",
      requiredPropsFirst: true,
      sortRequiredPropsFirst: true,
      theme: { colors: { primary: { main: "#4450c4" } }, typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" }, code: { fontFamily: "ui-monospace, monospace" } } },
    },
    place,
  );
}

show();
