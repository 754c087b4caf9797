// Made by `npm run docs` from docs/functions.md and docs/provisioners.md. Changes belong there.

export interface FunctionHelp {
  readonly signatures: readonly string[];
  readonly about: string;
  readonly example?: string;
}

export interface ComponentOptionHelp {
  readonly default?: string;
  readonly about: string;
}

export const functionHelp: Readonly<Record<string, FunctionHelp>> = {
  chomp: {
    signatures: ["chomp(str)"],
    about: "without line ends at the end",
    example: '`chomp("a\\n\\n")` = `"a"`',
  },
  endswith: {
    signatures: ["endswith(str, suffix)"],
    about: "true or false",
    example: '`startswith("hello", "he")` = `true`',
  },
  startswith: {
    signatures: ["startswith(str, prefix)"],
    about: "true or false",
    example: '`startswith("hello", "he")` = `true`',
  },
  strcontains: {
    signatures: ["strcontains(str, substr)"],
    about: "true or false",
    example: '`startswith("hello", "he")` = `true`',
  },
  format: {
    signatures: ["format(format, values...)"],
    about: "the values in the place of verbs",
    example: '`format("%s-%03d", "web", 7)` = `"web-007"`',
  },
  formatlist: {
    signatures: ["formatlist(format, values...)"],
    about: "the same for each element of lists",
    example: '`formatlist("%s.x", ["a", "b"])` = `["a.x", "b.x"]`',
  },
  indent: {
    signatures: ["indent(spaces, str)"],
    about: "every line but the first indented",
    example: '`indent(2, "a\\nb")` = `"a\\n  b"`',
  },
  join: {
    signatures: ["join(separator, lists...)"],
    about: "the strings of lists in one",
    example: '`join("-", ["a", "b"], ["c"])` = `"a-b-c"`',
  },
  lower: {
    signatures: ["lower(str)"],
    about: "another letter case",
    example: '`title("hello world")` = `"Hello World"`',
  },
  upper: {
    signatures: ["upper(str)"],
    about: "another letter case",
    example: '`title("hello world")` = `"Hello World"`',
  },
  title: {
    signatures: ["title(str)"],
    about: "another letter case",
    example: '`title("hello world")` = `"Hello World"`',
  },
  regex: {
    signatures: ["regex(pattern, string)"],
    about: "the first match: a string, a tuple of groups, or an object of named groups",
    example: '`regex("(\\\\d+)-(\\\\d+)", "2026-11")` = `["2026", "11"]`',
  },
  regexall: {
    signatures: ["regexall(pattern, string)"],
    about: "a list of all matches",
    example: '`regexall("[a-z]+", "ab 1 cd")` = `["ab", "cd"]`',
  },
  regex_replace: {
    signatures: ["regex_replace(str, pattern, replace)"],
    about: "with every match replaced; `$1` and `$name` are groups",
    example: '`regex_replace("a1b2", "([a-z])", "<$1>")` = `"<a>1<b>2"`',
  },
  replace: {
    signatures: ["replace(str, substr, replace)"],
    about: "with every occurrence replaced, to the letter",
    example: '`replace("a.b.c", ".", "-")` = `"a-b-c"`',
  },
  sort: {
    signatures: ["sort(list)"],
    about: "the strings in the order of their code points",
    example: '`sort(["b", "C", "a"])` = `["C", "a", "b"]`',
  },
  split: {
    signatures: ["split(separator, str)"],
    about: "a list of the parts",
    example: '`split(",", "a,,b")` = `["a", "", "b"]`',
  },
  strrev: {
    signatures: ["strrev(str)"],
    about: "the characters backwards",
    example: '`strrev("abc")` = `"cba"`',
  },
  substr: {
    signatures: ["substr(str, offset, length)"],
    about: "a part; a negative offset counts from the end, a negative length means the rest",
    example: '`substr("hello", -3, -1)` = `"llo"`',
  },
  trim: {
    signatures: ["trim(str, cutset)"],
    about: "without characters at both ends",
    example: '`trim("?!x!", "!?")` = `"x"`',
  },
  trimspace: {
    signatures: ["trimspace(str)"],
    about: "without characters at both ends",
    example: '`trim("?!x!", "!?")` = `"x"`',
  },
  trimprefix: {
    signatures: ["trimprefix(str, prefix)"],
    about: "without a beginning or an end",
    example: '`trimsuffix("a.tar", ".tar")` = `"a"`',
  },
  trimsuffix: {
    signatures: ["trimsuffix(str, suffix)"],
    about: "without a beginning or an end",
    example: '`trimsuffix("a.tar", ".tar")` = `"a"`',
  },
  abs: {
    signatures: ["abs(num)"],
    about: "the size, the whole number above or below, the sign",
    example: "`ceil(1.2)` = `2`",
  },
  ceil: {
    signatures: ["ceil(num)"],
    about: "the size, the whole number above or below, the sign",
    example: "`ceil(1.2)` = `2`",
  },
  floor: {
    signatures: ["floor(num)"],
    about: "the size, the whole number above or below, the sign",
    example: "`ceil(1.2)` = `2`",
  },
  signum: {
    signatures: ["signum(num)"],
    about: "the size, the whole number above or below, the sign",
    example: "`ceil(1.2)` = `2`",
  },
  log: {
    signatures: ["log(num, base)"],
    about: "logarithm and power",
    example: "`pow(2, 10)` = `1024`",
  },
  pow: {
    signatures: ["pow(num, power)"],
    about: "logarithm and power",
    example: "`pow(2, 10)` = `1024`",
  },
  max: {
    signatures: ["max(numbers...)"],
    about: "the largest or smallest",
    example: "`max([3, 12, 7]...)` = `12`",
  },
  min: {
    signatures: ["min(numbers...)"],
    about: "the largest or smallest",
    example: "`max([3, 12, 7]...)` = `12`",
  },
  parseint: {
    signatures: ["parseint(number, base)"],
    about: "a number of digits in base 2 to 62",
    example: '`parseint("FF", 16)` = `255`',
  },
  sum: {
    signatures: ["sum(list)"],
    about: "the sum",
    example: "`sum([1, 2.5])` = `3.5`",
  },
  alltrue: {
    signatures: ["alltrue(list)"],
    about: "true or false; null counts as false",
    example: "`anytrue([false, true])` = `true`",
  },
  anytrue: {
    signatures: ["anytrue(list)"],
    about: "true or false; null counts as false",
    example: "`anytrue([false, true])` = `true`",
  },
  chunklist: {
    signatures: ["chunklist(list, size)"],
    about: "a list of lists",
    example: '`chunklist(["a", "b", "c"], 2)` = `[["a", "b"], ["c"]]`',
  },
  coalesce: {
    signatures: ["coalesce(values...)"],
    about: "the first that is neither null nor an empty string",
    example: '`coalesce("", null, "x")` = `"x"`',
  },
  coalescelist: {
    signatures: ["coalescelist(lists...)"],
    about: "the first that has elements",
    example: '`coalescelist([], ["a"])` = `["a"]`',
  },
  compact: {
    signatures: ["compact(list)"],
    about: "without empty strings and nulls",
    example: '`compact(["a", "", null])` = `["a"]`',
  },
  concat: {
    signatures: ["concat(lists...)"],
    about: "the elements of all",
    example: '`concat(["a"], ["b"])` = `["a", "b"]`',
  },
  contains: {
    signatures: ["contains(list, value)"],
    about: 'true or false; `1` is not `"1"`',
    example: '`contains(["a"], "a")` = `true`',
  },
  distinct: {
    signatures: ["distinct(list)"],
    about: "each element once",
    example: '`distinct(["a", "b", "a"])` = `["a", "b"]`',
  },
  element: {
    signatures: ["element(list, index)"],
    about: "an element; the index wraps around at the end",
    example: '`element(["a", "b"], 3)` = `"b"`',
  },
  flatten: {
    signatures: ["flatten(list)"],
    about: "the elements of inner lists, at any depth",
    example: '`flatten([["a"], [["b"]]])` = `["a", "b"]`',
  },
  index: {
    signatures: ["index(list, value)"],
    about: "where a value is",
    example: '`index(["a", "b"], "b")` = `1`',
  },
  keys: {
    signatures: ["keys(map)"],
    about: "in the order of the keys",
    example: '`keys({b = 1, a = 2})` = `["a", "b"]`',
  },
  values: {
    signatures: ["values(map)"],
    about: "in the order of the keys",
    example: '`keys({b = 1, a = 2})` = `["a", "b"]`',
  },
  length: {
    signatures: ["length(value)"],
    about: "how many elements or characters",
    example: '`length("noël")` = `4`',
  },
  lookup: {
    signatures: ["lookup(map, key, default)"],
    about: "an element, or the default",
    example: '`lookup({a = 1}, "b", 2)` = `2`',
  },
  merge: {
    signatures: ["merge(maps...)"],
    about: "all entries; of equal keys the last wins",
    example: "`merge({a = 1}, {a = 2, b = 3})` = `{a = 2, b = 3}`",
  },
  range: {
    signatures: ["range(max)", "range(start, limit)", "range(start, limit, step)"],
    about: "numbers, 1024 at most",
    example: "`range(1, 8, 3)` = `[1, 4, 7]`",
  },
  reverse: {
    signatures: ["reverse(list)"],
    about: "the elements backwards",
    example: '`reverse(["a", "b"])` = `["b", "a"]`',
  },
  setintersection: {
    signatures: ["setintersection(sets...)"],
    about: "what all have, what any has",
    example: '`setunion(["b"], ["a", "b"])` = `["a", "b"]`',
  },
  setunion: {
    signatures: ["setunion(sets...)"],
    about: "what all have, what any has",
    example: '`setunion(["b"], ["a", "b"])` = `["a", "b"]`',
  },
  setproduct: {
    signatures: ["setproduct(sets...)"],
    about: "every combination",
    example: '`setproduct(["a"], [1, 2])` = `[["a", 1], ["a", 2]]`',
  },
  slice: {
    signatures: ["slice(list, start, end)"],
    about: "a part, without the element at the end index",
    example: '`slice(["a", "b", "c"], 1, 3)` = `["b", "c"]`',
  },
  zipmap: {
    signatures: ["zipmap(keys, values)"],
    about: "a map",
    example: '`zipmap(["a", "b"], [1, 2])` = `{a = 1, b = 2}`',
  },
  formatdate: {
    signatures: ["formatdate(format, time)"],
    about: "a time laid out",
    example: '`formatdate("DD MMM YYYY hh:mm ZZZ", "2026-11-22T19:48:30Z")` = `"22 Nov 2026 19:48 UTC"`',
  },
  timeadd: {
    signatures: ["timeadd(time, duration)"],
    about: "a later or earlier time",
    example: '`timeadd("2026-11-22T19:48:30Z", "-1.5h")` = `"2026-11-22T18:18:30Z"`',
  },
  timestamp: {
    signatures: ["timestamp()"],
    about: "the present, in RFC 3339",
  },
  rfc3339_parse: {
    signatures: ["rfc3339_parse(time)"],
    about: "an object with `year`, `month`, `month_name`, `day`, `weekday`, `hour`, `iso_week` and more",
    example: '`rfc3339_parse("2026-11-22T19:48:30Z").weekday_name` = `"Sunday"`',
  },
  unix_timestamp_parse: {
    signatures: ["unix_timestamp_parse(seconds)"],
    about: "an object with `year`, `month`, `month_name`, `day`, `weekday`, `hour`, `iso_week` and more",
    example: '`rfc3339_parse("2026-11-22T19:48:30Z").weekday_name` = `"Sunday"`',
  },
  legacy_isotime: {
    signatures: ["legacy_isotime(layout)"],
    about: "the start of the run, in Go's layout or with `%Y` and the like",
  },
  legacy_strftime: {
    signatures: ["legacy_strftime(format)"],
    about: "the start of the run, in Go's layout or with `%Y` and the like",
  },
  base64encode: {
    signatures: ["base64encode(str)"],
    about: "base64 of a text in UTF-8, and back",
    example: '`base64encode("é")` = `"w6k="`',
  },
  base64decode: {
    signatures: ["base64decode(str)"],
    about: "base64 of a text in UTF-8, and back",
    example: '`base64encode("é")` = `"w6k="`',
  },
  base64gzip: {
    signatures: ["base64gzip(str)"],
    about: "base64 of the compressed text",
  },
  csvdecode: {
    signatures: ["csvdecode(str)"],
    about: "a list of objects, named by the first line",
    example: '`csvdecode("a,b\\n1,2")` = `[{a = "1", b = "2"}]`',
  },
  jsonencode: {
    signatures: ["jsonencode(value)"],
    about: "JSON, and back",
    example: '`jsonencode({a = [1, null]})` = `"{\\"a\\":[1,null]}"`',
  },
  jsondecode: {
    signatures: ["jsondecode(str)"],
    about: "JSON, and back",
    example: '`jsonencode({a = [1, null]})` = `"{\\"a\\":[1,null]}"`',
  },
  textencodebase64: {
    signatures: ["textencodebase64(str, encoding)"],
    about: "base64 of a text in another encoding, by its IANA name, and back",
    example: '`textencodebase64("é", "UTF-16LE")` = `"6QA="`',
  },
  textdecodebase64: {
    signatures: ["textdecodebase64(str, encoding)"],
    about: "base64 of a text in another encoding, by its IANA name, and back",
    example: '`textencodebase64("é", "UTF-16LE")` = `"6QA="`',
  },
  urlencode: {
    signatures: ["urlencode(str)"],
    about: "a text for a query",
    example: '`urlencode("a b/é")` = `"a+b%2F%C3%A9"`',
  },
  yamlencode: {
    signatures: ["yamlencode(value)"],
    about: "YAML, and back; `yes`, `on` and `~` mean what they do in YAML 1.1",
    example: '`yamldecode("a: yes")` = `{a = true}`',
  },
  yamldecode: {
    signatures: ["yamldecode(str)"],
    about: "YAML, and back; `yes`, `on` and `~` mean what they do in YAML 1.1",
    example: '`yamldecode("a: yes")` = `{a = true}`',
  },
  md5: {
    signatures: ["md5(str)"],
    about: "a hash in hexadecimal",
    example: '`md5("")` = `"d41d8cd98f00b204e9800998ecf8427e"`',
  },
  sha1: {
    signatures: ["sha1(str)"],
    about: "a hash in hexadecimal",
    example: '`md5("")` = `"d41d8cd98f00b204e9800998ecf8427e"`',
  },
  sha256: {
    signatures: ["sha256(str)"],
    about: "a hash in hexadecimal",
    example: '`md5("")` = `"d41d8cd98f00b204e9800998ecf8427e"`',
  },
  sha512: {
    signatures: ["sha512(str)"],
    about: "a hash in hexadecimal",
    example: '`md5("")` = `"d41d8cd98f00b204e9800998ecf8427e"`',
  },
  bcrypt: {
    signatures: ["bcrypt(str)", "bcrypt(str, cost)"],
    about: "a hash of a password, for `/etc/shadow`; another one each time",
  },
  rsadecrypt: {
    signatures: ["rsadecrypt(ciphertext, privatekey)"],
    about: "the text, decrypted with a key in PEM",
  },
  uuidv4: {
    signatures: ["uuidv4()"],
    about: "a new random UUID each time",
  },
  uuidv5: {
    signatures: ["uuidv5(namespace, name)"],
    about: "the same UUID for the same name; `dns`, `url`, `oid`, `x500` or a UUID",
    example: '`uuidv5("dns", "tada")` = `"faa898db-9b9d-5b75-86a9-149e7bb8e3b8"`',
  },
  cidrhost: {
    signatures: ["cidrhost(prefix, hostnum)"],
    about: "an address; a negative number counts from the end",
    example: '`cidrhost("10.1.0.0/16", -2)` = `"10.1.255.254"`',
  },
  cidrnetmask: {
    signatures: ["cidrnetmask(prefix)"],
    about: "the mask",
    example: '`cidrnetmask("10.0.0.0/12")` = `"255.240.0.0"`',
  },
  cidrsubnet: {
    signatures: ["cidrsubnet(prefix, newbits, netnum)"],
    about: "a network inside another",
    example: '`cidrsubnet("10.1.0.0/16", 8, 2)` = `"10.1.2.0/24"`',
  },
  cidrsubnets: {
    signatures: ["cidrsubnets(prefix, newbits...)"],
    about: "networks one behind the other",
    example: '`cidrsubnets("10.1.0.0/16", 4, 8)` = `["10.1.0.0/20", "10.1.16.0/24"]`',
  },
  abspath: {
    signatures: ["abspath(path)"],
    about: "an absolute path, a path without `~`",
    example: '`abspath("/a/../b")` = `"/b"`',
  },
  pathexpand: {
    signatures: ["pathexpand(path)"],
    about: "an absolute path, a path without `~`",
    example: '`abspath("/a/../b")` = `"/b"`',
  },
  basename: {
    signatures: ["basename(path)"],
    about: "the last part, and what is before it",
    example: '`dirname("/a/b/c")` = `"/a/b"`',
  },
  dirname: {
    signatures: ["dirname(path)"],
    about: "the last part, and what is before it",
    example: '`dirname("/a/b/c")` = `"/a/b"`',
  },
  file: {
    signatures: ["file(path)"],
    about: "the contents of a text, or of any file",
  },
  filebase64: {
    signatures: ["filebase64(path)"],
    about: "the contents of a text, or of any file",
  },
  fileexists: {
    signatures: ["fileexists(path)"],
    about: "true or false; a folder is an error",
    example: '`fileexists("/no/such/file")` = `false`',
  },
  fileset: {
    signatures: ["fileset(path, pattern)"],
    about: "the files that match `*`, `?`, `**`, `[a-z]`, `{a,b}`",
  },
  templatefile: {
    signatures: ["templatefile(path, vars)"],
    about: "a file with its `${}` and `%{}` evaluated",
  },
  can: {
    signatures: ["can(expression)"],
    about: "whether it has a value; the first that has one",
    example: '`try({}.x, "none")` = `"none"`',
  },
  try: {
    signatures: ["try(expressions...)"],
    about: "whether it has a value; the first that has one",
    example: '`try({}.x, "none")` = `"none"`',
  },
  convert: {
    signatures: ["convert(value, type)"],
    about: "the value as another type",
    example: '`convert("5", number)` = `5`',
  },
  env: {
    signatures: ["env(name)"],
    about: "a variable of the environment; only in the `default` of a `variable`",
  },
};

/** The options of provisioners and post-processors, by `provisioner TYPE` and `post-processor TYPE`. */
export const componentHelp: Readonly<Record<string, Readonly<Record<string, ComponentOptionHelp>>>> = {
  "provisioner shell": {
    inline: {
      about: "commands, run as one script",
    },
    script: {
      about:
        "paths on this machine, relative to the working folder; each runs in a shell of its own. One of these three is required",
    },
    scripts: {
      about:
        "paths on this machine, relative to the working folder; each runs in a shell of its own. One of these three is required",
    },
    env: {
      about: "variables: a map, and a list of `KEY=value`; `env` wins",
    },
    environment_vars: {
      about: "variables: a map, and a list of `KEY=value`; `env` wins",
    },
    execute_command: {
      default: "`{{.Path}}`, with the variables in its environment",
      about: "how the script is run, with `{{.Path}}`, `{{.Vars}}` and `{{.EnvVarFile}}`",
    },
    env_var_format: {
      default: "`%s='%s' `, in a file `export %s='%s'\\n`",
      about: "what `{{.Vars}}` makes of each variable",
    },
    use_env_var_file: {
      default: "`false`",
      about: "variables go into a file that only root can read, which is removed with the script",
    },
    inline_shebang: {
      default: "`/bin/sh -e`",
      about: "first line of the `inline` script, unless its first command starts with `#!`",
    },
    remote_folder: {
      default: "a folder in memory, `script_N.sh` with a number nobody can guess",
      about:
        "where the script lies in the image while it runs; the path wins. With `remote_file` or `skip_clean` alone, the folder is `/tmp`",
    },
    remote_file: {
      default: "a folder in memory, `script_N.sh` with a number nobody can guess",
      about:
        "where the script lies in the image while it runs; the path wins. With `remote_file` or `skip_clean` alone, the folder is `/tmp`",
    },
    remote_path: {
      default: "a folder in memory, `script_N.sh` with a number nobody can guess",
      about:
        "where the script lies in the image while it runs; the path wins. With `remote_file` or `skip_clean` alone, the folder is `/tmp`",
    },
    binary: {
      default: "`false`",
      about: "leaves Windows line ends as they are",
    },
    valid_exit_codes: {
      default: "`[0]`",
      about: "exit codes that are no failure",
    },
    skip_clean: {
      default: "`false`",
      about: "leaves the script in the image",
    },
    pause_after: {
      about: "waits when the scripts are done",
    },
    expect_disconnect: {
      default: "`false`",
      about:
        "a script that a signal ends is no failure. In Packer this is about lost connections, which a chroot does not have; `2300218` in `valid_exit_codes` means the same",
    },
    start_retry_timeout: {
      default: "`0s`",
      about:
        "tries to upload and start the script again for so long. A chroot does not reboot, so a failure here is a full disk or a missing folder, and nothing is retried unless you ask for it",
    },
  },
  "provisioner file": {
    source: {
      about: "paths on this machine; several files need a `destination` that ends in a slash",
    },
    sources: {
      about: "paths on this machine; several files need a `destination` that ends in a slash",
    },
    content: {
      about:
        "the text of the file, in place of a source. In a destination that ends in a slash it is named `pkr-file-content`",
    },
    destination: {
      about: "where it goes; the folder must be there",
    },
    direction: {
      default: "`upload`",
      about: "`download` copies from the image to this machine, where folders are made as needed",
    },
    generated: {
      default: "`false`",
      about: "looks for the source only when it is uploaded",
    },
    download_limit: {
      default: "as much as the image's file system holds",
      about: "how many GiB the download of a file or folder may write. Not an option of Packer's",
    },
    keep_owner: {
      default: "`false`",
      about:
        "what is new in the image belongs to the same user and group numbers as on this machine. Not an option of Packer's",
    },
  },
  "provisioner shell-local": {
    inline: {
      about: "what runs; exactly one. Scripts must be executable",
    },
    command: {
      about: "what runs; exactly one. Scripts must be executable",
    },
    script: {
      about: "what runs; exactly one. Scripts must be executable",
    },
    scripts: {
      about: "what runs; exactly one. Scripts must be executable",
    },
    env: {
      about: "as for `shell`, secrets too",
    },
    environment_vars: {
      about: "as for `shell`, secrets too",
    },
    env_var_format: {
      about: "as for `shell`, secrets too",
    },
    execute_command: {
      default: '`["/bin/sh", "-c", "{{.Script}}"]`, with the variables in its environment',
      about: "the program and its arguments, with `{{.Script}}` (or `{{.Command}}`) and `{{.Vars}}`",
    },
    inline_shebang: {
      default: "`/bin/sh -e`",
      about: "first line of the `inline` script",
    },
    tempfile_extension: {
      about: "of the file that `inline` becomes",
    },
    valid_exit_codes: {
      default: "`[0]`",
      about: "exit codes that are no failure",
    },
    pass_environment: {
      default: "`[]`",
      about:
        'names of variables that are given to the script though they hold credentials: `["OSC_ACCESS_KEY", "OSC_SECRET_KEY"]`. Without it `OSC_*` and `OUTSCALE_*` keys, passwords and tokens are withheld, and so is every variable that has one of their values in it',
    },
    only_on: {
      about: "runs only if `linux` is among these",
    },
    use_linux_pathing: {
      default: "`false`",
      about: "is for Windows hosts, and refused",
    },
  },
  "provisioner ansible": {
    playbook_file: {
      about: "run in this order",
    },
    playbook_files: {
      about: "run in this order",
    },
    extra_arguments: {
      about: 'of `ansible-playbook`: `["--tags=base", "-v"]`',
    },
    groups: {
      about: "groups with the image in them, and groups with nobody",
    },
    empty_groups: {
      about: "groups with the image in them, and groups with nobody",
    },
    host_alias: {
      default: "`default`",
      about: "the image's name in the inventory",
    },
    user: {
      default: "`root`",
      about: "the value of `ansible_user`; in a chroot everything runs as root",
    },
    inventory_file: {
      about:
        "read before ours, for groups and variables. Plays are limited to the image unless `extra_arguments` has a `--limit`",
    },
    inventory_directory: {
      about:
        "read before ours, for groups and variables. Plays are limited to the image unless `extra_arguments` has a `--limit`",
    },
    keep_inventory_file: {
      default: "`false`",
      about: "leaves our inventory where it is, and says where",
    },
    ansible_env_vars: {
      about: 'variables for Ansible: `["ANSIBLE_NOCOLOR=1"]`',
    },
    roles_path: {
      about: "where Ansible looks for them and `galaxy_file` puts them",
    },
    collections_path: {
      about: "where Ansible looks for them and `galaxy_file` puts them",
    },
    galaxy_file: {
      about: "requirements to install first: roles, collections or both",
    },
    galaxy_force_install: {
      default: "`false`",
      about: "installs them again",
    },
    command: {
      default: "`ansible-playbook`, `ansible-galaxy`",
      about: "the programs",
    },
    galaxy_command: {
      default: "`ansible-playbook`, `ansible-galaxy`",
      about: "the programs",
    },
    skip_version_check: {
      default: "`false`",
      about: "does not look for the programs before the build",
    },
  },
  "provisioner hcp-sbom": {
    source: {
      about: "what is copied, and where to; without `destination` nothing is",
    },
    destination: {
      about: "what is copied, and where to; without `destination` nothing is",
    },
    auto_generate: {
      default: "`false`",
      about: "has no effect here; excludes `source`",
    },
    sbom_name: {
      about: "is checked, and has no effect",
    },
    scanner_args: {
      about: "are for `auto_generate`",
    },
    scan_path: {
      about: "are for `auto_generate`",
    },
    execute_command: {
      about: "are for `auto_generate`",
    },
    scanner_url: {
      about: "are for `auto_generate`",
    },
    scanner_checksum: {
      about: "are for `auto_generate`",
    },
    elevated_user: {
      about: "are for `auto_generate`",
    },
    elevated_password: {
      about: "are for `auto_generate`",
    },
  },
  "post-processor manifest": {
    output: {
      default: "`packer-manifest.json`",
      about: "the file; builds and programs that end at the same time take turns",
    },
    strip_path: {
      default: "`false`",
      about: "file names without their folders; an OMI has no files",
    },
    strip_time: {
      default: "`false`",
      about: "leaves out `build_time`",
    },
    custom_data: {
      about: "a map of text to add",
    },
  },
  "post-processor artifice": {
    files: {
      about:
        "paths, or patterns of them with `*`, `?`, `[a-z]` and `{a,b}`. One that matches nothing is a failure; Packer goes on without",
    },
  },
  "post-processor checksum": {
    checksum_types: {
      default: '`["md5"]`',
      about: "of `md5`, `sha1`, `sha224`, `sha256`, `sha384`, `sha512`",
    },
    output: {
      default: "`packer_{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}.checksum`",
      about: "the file; folders that are missing are made",
    },
  },
  "post-processor compress": {
    output: {
      default: "`packer_{{.BuildName}}_{{.BuilderType}}`",
      about:
        "the file. Its name says what it is: `.tar`, `.zip`, `.tar.gz`, `.tar.bgzf`, `.tar.bz2`, `.tar.lz4`, `.tar.xz`; without `.tar`, one file is compressed as it is. Any other name is one of a `tar.gz`",
    },
    format: {
      about: "says it in place of the name, which stays as it is: `zip`, `tar.xz`",
    },
    compression_level: {
      default: "the program's own",
      about: "1 to 9, more is 9; Packer ignores it for `zip` and `xz`",
    },
  },
  "post-processor shell-local": {},
};
