/**
 * What a terminal shows that was sent this text: its lines, without blanks at their ends. It knows what live lines need:
 * line ends, the way up, and erasing to the end. A line is as long as it is: it shows what a terminal would break.
 */
export function screenOf(text: string): readonly string[] {
  const lines: string[] = [""];
  let [row, column] = [0, 0];
  const put = (character: string) => {
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column++;
  };
  for (const [piece, codes = "", command] of text.matchAll(/\u001b\[([?\d;]*)([A-Za-z])|[\s\S]/g)) {
    if (command === "A") row -= Number(codes || "1");
    else if (command === "C") column++;
    else if (command === "K" && codes === "2") lines[row] = "";
    else if (command === "J") lines.splice(row, lines.length, (lines[row] ?? "").slice(0, column));
    else if (command === "m" || codes.startsWith("?")) continue;
    else if (piece === "\r") column = 0;
    else if (piece === "\n") [row, column] = [row + 1, 0];
    else if (command === undefined) put(piece);
    else throw new Error(`The screen does not know ${JSON.stringify(piece)}`);
    while (lines.length <= row) lines.push("");
  }
  return lines.map((line) => line.trimEnd());
}
