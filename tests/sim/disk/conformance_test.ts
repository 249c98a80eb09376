/** The simulated disk is a file system as any other. */
import { fsConformance } from "../../platform/fs_conformance.ts";
import { testDisk } from "./disk_for_tests.ts";
import type { SimDiskOptions } from "./sim_disk.ts";

function check(name: string, options: Partial<SimDiskOptions>): void {
  fsConformance(name, () => {
    const { disk } = testDisk(name, options);
    const { fs } = disk.boot();
    return { fs, root: "/d", [Symbol.dispose]: () => disk.kill() };
  });
}

check("simulated disk", {});
check("simulated disk without descriptors", { pins: "checked" });
check("simulated disk that folds names", { caseInsensitive: true, normalizing: true, persistence: "loose" });
