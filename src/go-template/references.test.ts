import { describe, expect, it } from "vitest";
import { references } from "./references.ts";

describe("references()", () => {
  it.each([
    ["plain", [], [], []],
    ["{{.Device}}{{.MountPath}} {{.Device}}", ["Device", "MountPath"], [], []],
    ["{{user `a`}}{{`b` | user}}{{user .C}}", ["C"], ["user"], ["a", "b"]],
    [
      "{{if .A}}{{with .B.C}}{{$.D}}{{end}}{{else}}{{printf `%s` (upper .E)}}{{end}}",
      ["A", "B", "D", "E"],
      ["printf", "upper"],
      [],
    ],
    ["{{range $i, $x := .L}}{{$x.Y}}{{end}}{{(index .M 0).N}}", ["L", "M"], ["index"], []],
    ["{{define `t`}}{{.X}}{{end}}{{template `t` .Y}}", ["Y", "X"], [], []],
  ])("%s", (template, fields, functions, userVariables) => {
    expect(references(template)).toEqual({
      fields,
      functions,
      userVariables,
      usesOtherVariables: template.includes("user .C"),
    });
  });
});
