import type { ErrorOptions } from "../../common/errors.ts";
import { FleetError } from "../../common/errors.ts";

/** What somebody has named is not there. */
export class MissingError extends FleetError {
  /** Whether it is known to have been there. */
  readonly wasThere: boolean;

  constructor(message: string, { wasThere = false, ...options }: ErrorOptions & { readonly wasThere?: boolean } = {}) {
    super(message, options);
    this.wasThere = wasThere;
  }
}
