/** The one script of every page: boxes that filter the rows of a table or the lines of a log. Without it all is shown. */
export const script = `
for (const box of document.querySelectorAll("[data-filter]")) {
  const target = document.getElementById(box.dataset.filter);
  const count = document.querySelector('[data-count="' + box.dataset.filter + '"]');
  const items = [...target.querySelectorAll("tbody tr, li")].map((item) => [item, item.textContent.toLowerCase()]);
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
    let shown = 0;
    for (const [item, text] of items) {
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) shown++;
    }
    count.textContent = words.length === 0 ? "" : shown + " of " + items.length;
  });
}
`;
