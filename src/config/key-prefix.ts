/**
 * What the keys of exported objects may begin with. The service puts a `/` behind it, adds the run and the names of disks,
 * which have to fit into 1,024 bytes, and makes URLs of it, out of which clients take `.` and `..`.
 */
export const keyPrefix = /^(?!\/)(?!(.*\/)?\.{1,2}(\/|$))[\x20-\x7e]{1,200}(?<!\/)$/;

export const keyPrefixRule = "1 to 200 characters of ASCII without a / at its ends, and without . or .. between them";
