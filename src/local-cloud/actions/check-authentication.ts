import { ApiError } from "../api-error.ts";
import type { Handler } from "./call.ts";

/** Whether login and password are those of the account that signs. */
export const checkAuthentication: Handler<"CheckAuthentication"> = ({ account }, { Login, Password }) => {
  if (Login === account.login && Password === account.password) return {};
  throw new ApiError("bad-signature", "The login or the password is wrong");
};
