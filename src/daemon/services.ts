/** What the local API answers beside the daemon's own life: one service for each group of questions, all about one device. */
import type { FindSources } from "../library/find.ts";
import { NameIndexer } from "../library/name_indexer.ts";
import { Questions } from "../library/questions.ts";
import { tagSourceOf } from "../library/tag_source.ts";
import { textSource } from "../library/text_source.ts";
import { type ExportService, exportService } from "./backup/service.ts";
import { type ConfigService, configService, type SavedSettings } from "./config.ts";
import { type ConflictsService, conflictsService } from "./conflicts.ts";
import { type ContentsService, contentsService } from "./contents.ts";
import type { Device, DevicePorts } from "./device.ts";
import { type DevicesService, devicesService } from "./devices.ts";
import { type DoctorService, doctorService } from "./doctor/service.ts";
import { type DroppingService, droppingService } from "./dropping.ts";
import { type FolderKeepService, folderKeepService } from "./folder_keep.ts";
import { type FindService, findService } from "./find.ts";
import type { Gauges } from "./gauges.ts";
import { type GuardianService, guardianService } from "./guardian.ts";
import { type IgnoringService, ignoringService } from "./ignoring.ts";
import { type LabelsService, labelsService } from "./labels.ts";
import { type MetricsService, metricsService } from "./metrics/service.ts";
import { type ModesService, modesService } from "./modes.ts";
import { type PausingService, pausingService } from "./pausing.ts";
import { type PlacesService, placesService } from "./places.ts";
import { type RenamingService, renamingService } from "./renaming.ts";
import { type SettingsService, settingsService } from "./settings.ts";
import { folderStatuses } from "./status.ts";
import { type TextsService, textsService } from "./texts.ts";
import { type VerifyService, verifyService } from "./verify.ts";
import { type VersionsService, versionsService } from "./versions.ts";

export interface Services {
  readonly config: ConfigService;
  readonly conflicts: ConflictsService;
  readonly contents: ContentsService;
  readonly devices: DevicesService;
  readonly doctor: DoctorService;
  /** What is kept here of a folder. */
  readonly dropping: DroppingService;
  readonly exporting: ExportService;
  readonly finding: FindService;
  /** Patterns of that. */
  readonly folderKeep: FolderKeepService;
  /** Copies: what is at risk, what is asked for, what is there twice. */
  readonly guardian: GuardianService;
  readonly ignoring: IgnoringService;
  /** Tags and notes. */
  readonly labels: LabelsService;
  readonly metrics: MetricsService;
  readonly modes: ModesService;
  readonly pausing: PausingService;
  readonly places: PlacesService;
  readonly renaming: RenamingService;
  readonly settings: SettingsService;
  readonly texts: TextsService;
  readonly verify: VerifyService;
  readonly versions: VersionsService;
  /** Whoever still waits for an answer is told that there will be none. */
  stop(): void;
}

export function openServices(
  device: Device,
  ports: DevicePorts,
  gauges: Gauges,
  saved: SavedSettings & { readonly path: string },
): Services {
  const questions = new Questions(ports.clock);
  const asked = { ...ports, device, questions };
  const indexer = new NameIndexer(device.ledger.catalogue.views.names, ports.clock);
  device.onChanged(() => indexer.stir());
  device.ledger.onApplied(() => indexer.stir());
  indexer.stir();
  const metrics = metricsService(device, ports.clock);
  return {
    config: configService(device, saved),
    conflicts: conflictsService(device, ports.fs),
    contents: contentsService(device, ports),
    devices: devicesService(device, ports.clock),
    doctor: doctorService(device, ports, saved.path),
    dropping: droppingService(device, ports),
    exporting: exportService(device, saved, ports.clock),
    finding: findService({ ...asked, sources: findSources(device) }),
    folderKeep: folderKeepService(device, ports.clock),
    guardian: guardianService(asked),
    ignoring: ignoringService(device, ports.fs),
    labels: labelsService(asked),
    metrics,
    modes: modesService(device, ports.clock, () => folderStatuses(device, gauges)),
    pausing: pausingService(device, ports.clock),
    places: placesService(asked),
    renaming: renamingService(device, ports.fs, saved.path, saved),
    settings: settingsService(device),
    texts: textsService(device),
    verify: verifyService(device, ports),
    versions: versionsService(device, ports.fs),
    stop() {
      questions.stop();
      indexer.stop();
      metrics.stop();
    },
  };
}

/** What finding asks beside names. */
function findSources({ ledger: { catalogue }, texts }: Device): FindSources {
  return {
    texts: textSource(texts?.texts ?? null),
    // Kept as long as tags stay as they are.
    get tags() {
      return tagSourceOf(catalogue);
    },
  };
}
