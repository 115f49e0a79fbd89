/** Incidents for programs and the command line: what is broken, and a person's word that it is over. */
import type { Pool } from 'pg';
import { PipelineError } from '../core/errors.js';
import { closeIncident, type IncidentClosing } from '../registry/close-incident.js';
import { type IncidentRow, incidentById, listIncidents } from '../registry/list-incidents.js';
import type { CoordinatorCalls } from './coordinator-calls.js';
import { specOfModel } from './read-calls.js';

interface ClosedIncident {
  readonly incident: IncidentRow;
  /** False: it was closed before, as `incident.closure` tells. */
  readonly isNew: boolean;
  /** Claims that waited for the closing and are judged again; 0 when it was closed before. */
  readonly held: number;
}

export interface IncidentCalls {
  /** Newest first; of every model when none is named; open ones alone unless asked otherwise. */
  listIncidents(request: { modelId?: string; isOpenOnly?: boolean; limit?: number }): Promise<readonly IncidentRow[]>;
  /** What it held is judged again. Idempotent. Of a rollback it clears the recipe. */
  closeIncident(request: IncidentClosing): Promise<ClosedIncident>;
}

const LISTED = 100;

export function incidentCalls(pool: Pool, coordinator: Pick<CoordinatorCalls, 'sendPending'>): IncidentCalls {
  return {
    listIncidents: async ({ modelId, isOpenOnly = true, limit = LISTED }) => {
      if (modelId !== undefined) await specOfModel(pool, modelId);
      return listIncidents(pool, { modelId, isOpenOnly, limit });
    },
    closeIncident: async (request) => {
      const { modelId, incidentId } = request;
      const { isNew, held } = await closeIncident(pool, request);
      // The ledger says that there is something to judge: should Temporal be away now, whoever delivers notices tells of it.
      if (isNew) await coordinator.sendPending(modelId, { throughSeq: 0, isUrgent: false }).catch(() => undefined);
      const incident = await incidentById(pool, modelId, incidentId);
      if (incident === null) throw new PipelineError('INCIDENT_UNKNOWN', `${modelId} has no incident ${incidentId}.`);
      return { incident, isNew, held };
    },
  };
}
