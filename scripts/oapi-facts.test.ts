import { describe, expect, it } from "vitest";
import { examplesOf, factsOf, factsText } from "./oapi-facts.ts";

describe("an API description", () => {
  const note = { description: "A sentence of somebody." };
  const body = (value: unknown) => {
    return { content: { "application/json": { examples: { one: { summary: "A sentence.", value } } } } };
  };
  const description = {
    info: { version: "1.2.3" },
    paths: {
      "/ReadCat": {
        post: { requestBody: body({ Description: "My own cat", Names: ["Tom"] }), responses: { "200": body({}) } },
      },
      "/ReadDog": { post: { requestBody: body({}), responses: { "200": body({}) } } },
    },
    components: {
      schemas: {
        Cat: { ...note, type: "object", properties: { description: { ...note, type: "string", enum: ["fat"] } } },
        Dog: { ...note, type: "object" },
        ErrorResponse: { type: "object" },
        ReadCatRequest: { type: "object", required: ["Id"], properties: { Id: { ...note, type: "string" } } },
        ReadCatResponse: { type: "object", properties: { Cats: { type: "array", items: { $ref: "#/x/Cat" } } } },
        ReadDogResponse: { type: "object", properties: { Dog: { $ref: "#/x/Dog" } } },
      },
    },
  };

  it("is reduced to the facts of the actions that are wanted, whatever a field is called", () => {
    expect(factsOf(description, ["ReadCat"])).toEqual({
      version: "1.2.3",
      actions: ["ReadCat"],
      schemas: {
        Cat: { type: "object", properties: { description: { type: "string", enum: ["fat"] } } },
        ErrorResponse: { type: "object" },
        ReadCatRequest: { type: "object", required: ["Id"], properties: { Id: { type: "string" } } },
        ReadCatResponse: { type: "object", properties: { Cats: { type: "array", items: { $ref: "#/x/Cat" } } } },
      },
    });
  });

  it("gives its examples without their sentences", () => {
    expect(examplesOf(description, ["ReadCat"])).toEqual([
      { action: "ReadCat", direction: "request", value: { Description: "text", Names: ["Tom"] } },
      { action: "ReadCat", direction: "response", value: {} },
    ]);
  });

  it("has to have every action that is wanted", () => {
    expect(() => factsOf(description, ["ReadCat", "ReadCow"])).toThrow("The description has no action ReadCow");
  });

  it("keeps what is short on one line", () => {
    const text = factsText("Facts.", { Cat: { type: "string" }, Cow: { a: { b: 1 }, none: [] } });
    expect(text).toBe("# Facts.\n\nCat: { type: string }\nCow:\n  a: { b: 1 }\n  none: []\n");
  });
});
