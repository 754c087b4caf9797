/** The one script of every page: boxes that filter the rows of a table or the lines of a log. Without it all is shown. */
export const script = `
for (const box of document.querySelectorAll("[data-filter]")) {
  const target = document.getElementById(box.dataset.filter);
  const count = document.querySelector('[data-count="' + box.dataset.filter + '"]');
  box.addEventListener("input", () => {
    const items = target.querySelectorAll("tbody tr, li");
    const words = box.value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) shown++;
    }
    count.textContent = words.length === 0 ? "" : shown + " of " + items.length;
  });
}
`;
