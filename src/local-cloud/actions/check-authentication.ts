import { Refusal } from "../refusal.ts";
import type { Handler } from "./call.ts";

/** Whether login and password are those of the account that signs. */
export const checkAuthentication: Handler<"CheckAuthentication"> = ({ account }, { Login, Password }) => {
  if (Login === account.login && Password === account.password) return {};
  throw new Refusal("bad-signature", "The login or the password is wrong");
};
