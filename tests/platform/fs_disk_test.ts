import assert from "node:assert/strict";
import { diskOf, type Kernel, realKernel } from "../../src/platform/real/fs_disk.ts";

const MOUNTS = `
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
23 22 8:3 / /home rw - ext4 /dev/sda3 rw
24 22 253:0 / /secret rw - ext4 /dev/mapper/secret rw
25 22 0:40 /@data /with\\040space rw - btrfs /dev/sdb1 rw
26 22 0:50 / /net rw - nfs4 nas:/export rw
27 22 0:51 / /memory rw - tmpfs tmpfs rw
28 22 9:0 / /raid rw - ext4 /dev/md0 rw`;
const BLOCK = "/sys/devices/block";

/** Links by name, texts by path. */
function kernelOf(texts: Readonly<Record<string, string>>, links: Readonly<Record<string, string>>): Kernel {
  return {
    text: (path) => texts[path] ?? null,
    real: (path) => links[path] ?? null,
    list: (path) =>
      [...Object.keys(texts), ...Object.keys(links)].flatMap((one) =>
        one.startsWith(`${path}/`) ? [one.slice(path.length + 1).split("/")[0]!] : []
      ),
  };
}

const LINUX = kernelOf({
  "/proc/self/mountinfo": MOUNTS,
  [`${BLOCK}/sda/sda2/partition`]: "2\n",
  [`${BLOCK}/sda/sda3/partition`]: "3\n",
  [`${BLOCK}/sda/device/wwid`]: "naa.5000\n",
  [`${BLOCK}/sdb/sdb1/partition`]: "1\n",
  [`${BLOCK}/sdb/wwid`]: "eui.77\n",
  "/sys/fs/ext4/sda3/errors_count": "4\n",
  "/sys/fs/ext4/sda2/errors_count": "0\n",
  [`${BLOCK}/md0/md/degraded`]: "1\n",
  [`${BLOCK}/md0/md/uuid`]: "raid-uuid\n",
}, {
  "/dev/sda2": "/dev/sda2",
  "/dev/sda3": "/dev/sda3",
  "/dev/sdb1": "/dev/sdb1",
  "/dev/md0": "/dev/md0",
  "/dev/mapper/secret": "/dev/dm-0",
  "/sys/class/block/sda2": `${BLOCK}/sda/sda2`,
  "/sys/class/block/sda3": `${BLOCK}/sda/sda3`,
  "/sys/class/block/sdb1": `${BLOCK}/sdb/sdb1`,
  "/sys/class/block/dm-0": `${BLOCK}/dm-0`,
  "/sys/class/block/md0": `${BLOCK}/md0`,
  [`${BLOCK}/dm-0/slaves/sdb1`]: `${BLOCK}/sdb/sdb1`,
  [`${BLOCK}/md0/slaves/sdc`]: `${BLOCK}/sdc`,
  [`${BLOCK}/md0/slaves/sdd`]: `${BLOCK}/sdd`,
});

Deno.test("partitions of one disk, and what is mapped onto one, are that disk", () => {
  assert.equal(diskOf(LINUX, "/var/x")!.id, "naa.5000");
  assert.equal(diskOf(LINUX, "/home/me/Photos")!.id, "naa.5000");
  assert.equal(diskOf(LINUX, "/with space/x")!.id, "eui.77");
  assert.equal(diskOf(LINUX, "/secret/x")!.id, "eui.77");
  assert.equal(diskOf(LINUX, "/homeless")!.id, "naa.5000", "no mount point above it but the root");
});

Deno.test("a file system that met errors, and an array that lacks a disk, fail", () => {
  assert.equal(diskOf(LINUX, "/var")!.isFailing, false);
  assert.equal(diskOf(LINUX, "/home/x")!.isFailing, true);
  assert.deepEqual(diskOf(LINUX, "/raid/x"), { id: "raid-uuid", isFailing: true });
});

Deno.test("what another computer serves is one place; of what has no disk nobody tells", () => {
  assert.equal(diskOf(LINUX, "/net/a")!.id, "net nas:/export");
  assert.equal(diskOf(LINUX, "/memory/a"), null);
  assert.equal(diskOf(kernelOf({}, {}), "/"), null);
});

Deno.test({
  name: "the kernel that runs is read without failing",
  ignore: Deno.build.os !== "linux",
  fn() {
    const disk = diskOf(realKernel(), Deno.cwd());
    if (disk !== null) assert.notEqual(disk.id, "");
  },
});
