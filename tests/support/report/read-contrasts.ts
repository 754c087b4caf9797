/**
 * A script for a page: the contrast of each kind of text to what is behind it, by WCAG's formula. As text, because the names of
 * a browser are not among ours.
 */
export const readContrasts = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) {
      const layer = channels(getComputedStyle(at).backgroundColor);
      if ((layer[3] ?? 1) > 0) layers.push(layer);
      if ((layer[3] ?? 1) === 1) break;
    }
    const paint = (under, [r, g, b, alpha = 1]) =>
      [r, g, b].map((value, index) => value * alpha + under[index] * (1 - alpha));
    return layers.reverse().reduce(paint, [255, 255, 255]);
  };
  const kinds = ["h1", ".badge", ".muted", "p", "td", "th", "a", ".notice", ".added", ".removed", ".changed", "dt", "dd",
    ".figures > li > span", ".log > li > time", ".log > .warn > span"];
  return kinds.map((kind) => {
    const element = document.querySelector(kind);
    if (element === null) return [kind + " is missing", 0];
    const text = channels(getComputedStyle(element).color).slice(0, 3);
    const [dark, bright] = [light(text), light(behind(element))].sort((a, b) => a - b);
    return [kind, (bright + 0.05) / (dark + 0.05)];
  });
})()`;
