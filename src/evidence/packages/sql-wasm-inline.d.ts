/** The build of sql.js that has its WebAssembly inside: one file to bundle. Its own types name the other one only. */
declare module "sql.js/dist/sql-wasm-inline.js" {
  import initSqlJs from "sql.js";

  export default initSqlJs;
}
