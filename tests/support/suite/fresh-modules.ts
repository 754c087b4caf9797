import { vi } from "vitest";

// Test files share processes, which saves half of the time of a run, but not the state of modules, such as what is secret.
vi.resetModules();
