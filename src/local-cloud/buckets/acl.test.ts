import { describe, expect, it } from "vitest";
import { type OpenBuckets, openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";

const GROUPS = "http://acs.amazonaws.com/groups/global";
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function toAccount(id: string, permission: string): string {
  const grantee = `<Grantee ${XSI} xsi:type="CanonicalUser"><ID>${id}</ID></Grantee>`;
  return `<Grant>${grantee}<Permission>${permission}</Permission></Grant>`;
}

function toGroup(group: string, permission: string): string {
  const grantee = `<Grantee ${XSI} xsi:type="Group"><URI>${GROUPS}/${group}</URI></Grantee>`;
  return `<Grant>${grantee}<Permission>${permission}</Permission></Grant>`;
}

function policy(owner: string, ...grants: readonly string[]): string {
  const list = `<AccessControlList>${grants.join("")}</AccessControlList>`;
  return `<AccessControlPolicy><Owner><ID>${owner}</ID></Owner>${list}</AccessControlPolicy>`;
}

describe("an ACL in a body", () => {
  const put = async (buckets: OpenBuckets, body: string) => {
    const outcomes = ["/images?acl", "/images/a?acl"].map((url) => buckets.outcome({ method: "PUT", url, body }));
    return Promise.all(outcomes);
  };

  it("gives the owner everything, and others what a canned one does", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const { id: own } = buckets.cloud.account("builder");
    const owner = toAccount(own, "FULL_CONTROL");
    expect(await put(buckets, policy(own, owner, toGroup("AllUsers", "READ")))).toEqual(["200", "200"]);
    expect((await buckets.askAs("nobody", { url: "/images/a" })).status).toBe(200);
    for (const url of ["/images?acl", "/images/a?acl"]) {
      const { text } = await buckets.ask({ url });
      expect(await buckets.outcome({ method: "PUT", url, body: text })).toBe("200");
    }
    expect((await buckets.askAs("nobody", { url: "/images/a" })).status).toBe(200);
    expect(await put(buckets, policy(own, owner))).toEqual(["200", "200"]);
    expect((await buckets.askAs("nobody", { url: "/images/a" })).status).toBe(403);
  });

  it("is refused when it says anything else", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const [own, other] = [buckets.cloud.account("builder").id, buckets.cloud.account("other").id];
    const owner = toAccount(own, "FULL_CONTROL");
    for (const body of [
      policy(own, toAccount(other, "READ")),
      policy(own, toAccount(other, "FULL_CONTROL")),
      policy(own, owner, toAccount(other, "READ")),
      policy(own, toAccount(own, "READ")),
      policy(own, owner, toAccount(own, "WRITE_ACP")),
      policy(own),
      policy(own, toGroup("AllUsers", "READ")),
      policy(own, owner, toGroup("AllUsers", "WRITE")),
      policy(own, owner, toGroup("AllUsers", "FULL_CONTROL")),
      policy(other, owner),
    ]) {
      expect([body, await put(buckets, body)]).toEqual([body, ["501 NotImplemented", "501 NotImplemented"]]);
    }
    expect(await put(buckets, `<Another>${owner}</Another>`)).toEqual(["400 MalformedXML", "400 MalformedXML"]);
    expect((await buckets.askAs("nobody", { url: "/images/a" })).status).toBe(403);
  });
});

describe("a canned ACL", () => {
  it.each(["bucket-owner-full-control", "bucket-owner-read"])("of objects may be %s", async (acl) => {
    await using buckets = await openBuckets();
    const headers = { "x-amz-acl": acl };
    await buckets.ask({ method: "PUT", url: "/images?acl", headers: { "x-amz-acl": "public-read-write" } });
    const put = { method: "PUT", url: "/images/a", headers, body: "of another" };
    expect((await buckets.askAs("other", put)).status).toBe(200);
    expect((await buckets.askAs("nobody", { url: "/images/a" })).status).toBe(403);
    expect((await buckets.ask({ url: "/images/a" })).text).toBe("of another");
    expect(await buckets.outcome({ method: "POST", url: "/images/b?uploads", headers })).toBe("200");
    expect(await buckets.outcome({ method: "PUT", url: "/images/a?acl", headers })).toBe("200");
    const copy = { ...headers, "x-amz-copy-source": "images/a" };
    expect(await buckets.outcome({ method: "PUT", url: "/images/copy", headers: copy })).toBe("200");
  });

  it.each(["bucket-owner-full-control", "bucket-owner-read"])("of a new bucket means nothing: %s", async (acl) => {
    await using buckets = await openBuckets();
    const headers = { "x-amz-acl": acl };
    expect(await buckets.outcome({ method: "PUT", url: "/another", headers })).toBe("200");
    expect((await buckets.askAs("nobody", { url: "/another" })).status).toBe(403);
    expect(await buckets.outcome({ method: "PUT", url: "/another?acl", headers })).toBe("400 InvalidArgument");
  });
});
