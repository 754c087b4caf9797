/**
 * What the keys of exported objects may begin with. A `/`, the run and the names of disks come behind it: all of it has to fit
 * into 1,024 bytes, and into URLs, out of which clients take `.` and `..`.
 */
export const keyPrefix = /^(?!\/)(?!(.*\/)?\.{1,2}(\/|$))[\x20-\x7e]{1,200}$/;

export const keyPrefixRule =
  "1 to 200 characters of ASCII without a / at its beginning, and without . or .. between slashes";
