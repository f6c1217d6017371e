// Made from the OpenAPI document by scripts/types.mjs; do not edit.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * ActionStatus
         * @enum {string}
         */
        ActionStatus: "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED";
        /** Artifact */
        Artifact: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Key */
            key?: string | null;
            /**
             * Type
             * @example markdown
             */
            type?: string | null;
            /** Description */
            description?: string | null;
            /** Data */
            data?: {
                [key: string]: unknown;
            } | unknown | null;
            /** Metadata */
            metadata_?: {
                [key: string]: string;
            } | null;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Run Id */
            task_run_id?: string | null;
        };
        /** ArtifactCollection */
        ArtifactCollection: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Key */
            key: string;
            /**
             * Latest Id
             * Format: uuid
             */
            latest_id: string;
            /**
             * Type
             * @example markdown
             */
            type?: string | null;
            /** Description */
            description?: string | null;
            /** Data */
            data?: {
                [key: string]: unknown;
            } | unknown | null;
            /** Metadata */
            metadata_?: {
                [key: string]: string;
            } | null;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Run Id */
            task_run_id?: string | null;
        };
        /** ArtifactCollectionFilter */
        ArtifactCollectionFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["ArtifactCollectionFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["ArtifactCollectionFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["ArtifactCollectionFilter"][] | null;
            latest_id?: components["schemas"]["ArtifactCollectionFilterLatestId"] | null;
            key?: components["schemas"]["ArtifactCollectionFilterKey"] | null;
            flow_run_id?: components["schemas"]["ArtifactCollectionFilterFlowRunId"] | null;
            task_run_id?: components["schemas"]["ArtifactCollectionFilterTaskRunId"] | null;
            type?: components["schemas"]["ArtifactCollectionFilterType"] | null;
        };
        /** ArtifactCollectionFilterFlowRunId */
        ArtifactCollectionFilterFlowRunId: {
            /** Any */
            any_?: string[] | null;
        };
        /** ArtifactCollectionFilterKey */
        ArtifactCollectionFilterKey: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
            /** Exists */
            exists_?: boolean | null;
        };
        /** ArtifactCollectionFilterLatestId */
        ArtifactCollectionFilterLatestId: {
            /** Any */
            any_?: string[] | null;
        };
        /** ArtifactCollectionFilterTaskRunId */
        ArtifactCollectionFilterTaskRunId: {
            /** Any */
            any_?: string[] | null;
        };
        /** ArtifactCollectionFilterType */
        ArtifactCollectionFilterType: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /**
         * ArtifactCollectionSort
         * @enum {string}
         */
        ArtifactCollectionSort: "CREATED_DESC" | "UPDATED_DESC" | "ID_DESC" | "KEY_DESC" | "KEY_ASC";
        /** ArtifactCreate */
        ArtifactCreate: {
            /** Key */
            key?: string | null;
            /**
             * Type
             * @example markdown
             */
            type?: string | null;
            /** Description */
            description?: string | null;
            /** Data */
            data?: {
                [key: string]: unknown;
            } | unknown | null;
            /** Metadata */
            metadata_?: {
                [key: string]: string;
            } | null;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Run Id */
            task_run_id?: string | null;
        };
        /** ArtifactFilter */
        ArtifactFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["ArtifactFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["ArtifactFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["ArtifactFilter"][] | null;
            id?: components["schemas"]["ArtifactFilterId"] | null;
            key?: components["schemas"]["ArtifactFilterKey"] | null;
            flow_run_id?: components["schemas"]["ArtifactFilterFlowRunId"] | null;
            task_run_id?: components["schemas"]["ArtifactFilterTaskRunId"] | null;
            type?: components["schemas"]["ArtifactFilterType"] | null;
        };
        /** ArtifactFilterFlowRunId */
        ArtifactFilterFlowRunId: {
            /** Any */
            any_?: string[] | null;
        };
        /** ArtifactFilterId */
        ArtifactFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** ArtifactFilterKey */
        ArtifactFilterKey: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
            /** Exists */
            exists_?: boolean | null;
        };
        /** ArtifactFilterTaskRunId */
        ArtifactFilterTaskRunId: {
            /** Any */
            any_?: string[] | null;
        };
        /** ArtifactFilterType */
        ArtifactFilterType: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /**
         * ArtifactSort
         * @enum {string}
         */
        ArtifactSort: "CREATED_DESC" | "UPDATED_DESC" | "ID_DESC" | "KEY_DESC" | "KEY_ASC";
        /** ArtifactUpdate */
        ArtifactUpdate: {
            /** Data */
            data?: {
                [key: string]: unknown;
            } | unknown | null;
            /** Description */
            description?: string | null;
            /** Metadata */
            metadata_?: {
                [key: string]: string;
            } | null;
        };
        /** Attention */
        Attention: {
            count: components["schemas"]["BoundedCount"];
            /** Runs */
            runs: components["schemas"]["NamedFlowRun"][];
        };
        /** Automation */
        Automation: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /** Tags */
            tags?: string[];
            /** Trigger */
            trigger: components["schemas"]["EventTrigger-Output"] | components["schemas"]["CompoundTrigger-Output"] | components["schemas"]["SequenceTrigger-Output"];
            /** Actions */
            actions: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Output"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Actions On Trigger */
            actions_on_trigger?: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Output"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Actions On Resolve */
            actions_on_resolve?: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Output"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
        };
        /** AutomationCreate */
        AutomationCreate: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /** Tags */
            tags?: string[];
            /** Trigger */
            trigger: components["schemas"]["EventTrigger-Input"] | components["schemas"]["CompoundTrigger-Input"] | components["schemas"]["SequenceTrigger-Input"];
            /** Actions */
            actions: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Input"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Actions On Trigger */
            actions_on_trigger?: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Input"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Actions On Resolve */
            actions_on_resolve?: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Input"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Owner Resource */
            owner_resource?: string | null;
        };
        /** AutomationFilter */
        AutomationFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["AutomationFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["AutomationFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["AutomationFilter"][] | null;
            id?: components["schemas"]["AutomationFilterId"] | null;
            name?: components["schemas"]["AutomationFilterName"] | null;
            created?: components["schemas"]["AutomationFilterCreated"] | null;
            tags?: components["schemas"]["AutomationFilterTags"] | null;
        };
        /** AutomationFilterCreated */
        AutomationFilterCreated: {
            /** Before */
            before_?: string | null;
        };
        /** AutomationFilterId */
        AutomationFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** AutomationFilterName */
        AutomationFilterName: {
            /** Any */
            any_?: string[] | null;
        };
        /** AutomationFilterTags */
        AutomationFilterTags: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All */
            all_?: string[] | null;
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** AutomationFiring */
        AutomationFiring: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Automation Id
             * Format: uuid
             */
            automation_id: string;
            /**
             * Fired
             * Format: date-time
             */
            fired: string;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /** Is Test */
            is_test: boolean;
            /** Labels */
            labels: {
                [key: string]: string;
            };
            /** Events */
            events: {
                [key: string]: unknown;
            }[];
            /** Actions */
            actions: components["schemas"]["FiringAction"][];
        };
        /** AutomationPartialUpdate */
        AutomationPartialUpdate: {
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
        };
        /**
         * AutomationSort
         * @enum {string}
         */
        AutomationSort: "CREATED_DESC" | "UPDATED_DESC" | "NAME_ASC" | "NAME_DESC";
        /** AutomationTest */
        AutomationTest: {
            event?: components["schemas"]["Event"] | null;
        };
        /** AutomationUpdate */
        AutomationUpdate: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /** Tags */
            tags?: string[];
            /** Trigger */
            trigger: components["schemas"]["EventTrigger-Input"] | components["schemas"]["CompoundTrigger-Input"] | components["schemas"]["SequenceTrigger-Input"];
            /** Actions */
            actions: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Input"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Actions On Trigger */
            actions_on_trigger?: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Input"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
            /** Actions On Resolve */
            actions_on_resolve?: (components["schemas"]["DoNothing"] | components["schemas"]["RunDeployment-Input"] | components["schemas"]["PauseDeployment"] | components["schemas"]["ResumeDeployment"] | components["schemas"]["CancelFlowRun"] | components["schemas"]["DeleteFlowRun"] | components["schemas"]["ChangeFlowRunState"] | components["schemas"]["PauseWorkQueue"] | components["schemas"]["ResumeWorkQueue"] | components["schemas"]["SendNotification"] | components["schemas"]["CallWebhook"] | components["schemas"]["PauseAutomation"] | components["schemas"]["ResumeAutomation"] | components["schemas"]["SuspendFlowRun"] | components["schemas"]["ResumeFlowRun"] | components["schemas"]["PauseWorkPool"] | components["schemas"]["ResumeWorkPool"])[];
        };
        /** Backfill */
        Backfill: {
            /**
             * Start Time
             * Format: date-time
             * @example 2026-01-01T00:00:00Z
             */
            start_time: string;
            /**
             * End Time
             * Format: date-time
             * @example 2026-01-31T00:00:00Z
             */
            end_time: string;
            /** Schedule Id */
            schedule_id?: string | null;
            /**
             * Limit
             * @default 1000
             */
            limit: number;
        };
        /** BackfillResponse */
        BackfillResponse: {
            /** Created */
            created: string[];
            /** Existing */
            existing: number;
            /** Next Start Time */
            next_start_time: string | null;
        };
        /** BlockDocument */
        BlockDocument: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name?: string | null;
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /**
             * Block Schema Id
             * Format: uuid
             */
            block_schema_id: string;
            block_schema?: components["schemas"]["BlockSchema"] | null;
            /**
             * Block Type Id
             * Format: uuid
             */
            block_type_id: string;
            /** Block Type Name */
            block_type_name?: string | null;
            block_type?: components["schemas"]["BlockType"] | null;
            /** Block Document References */
            block_document_references?: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
            /**
             * Is Anonymous
             * @default false
             */
            is_anonymous: boolean;
        };
        /** BlockDocumentCreate */
        BlockDocumentCreate: {
            /** Name */
            name?: string | null;
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /**
             * Block Schema Id
             * Format: uuid
             */
            block_schema_id: string;
            /**
             * Block Type Id
             * Format: uuid
             */
            block_type_id: string;
            /**
             * Is Anonymous
             * @default false
             */
            is_anonymous: boolean;
        };
        /** BlockDocumentFilter */
        BlockDocumentFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["BlockDocumentFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["BlockDocumentFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["BlockDocumentFilter"][] | null;
            id?: components["schemas"]["BlockDocumentFilterId"] | null;
            /**
             * @default {
             *       "eq_": false
             *     }
             */
            is_anonymous: components["schemas"]["BlockDocumentFilterIsAnonymous"] | null;
            block_type_id?: components["schemas"]["BlockDocumentFilterBlockTypeId"] | null;
            name?: components["schemas"]["BlockDocumentFilterName"] | null;
        };
        /** BlockDocumentFilterBlockTypeId */
        BlockDocumentFilterBlockTypeId: {
            /** Any */
            any_?: string[] | null;
        };
        /** BlockDocumentFilterId */
        BlockDocumentFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** BlockDocumentFilterIsAnonymous */
        BlockDocumentFilterIsAnonymous: {
            /** Eq */
            eq_?: boolean | null;
        };
        /** BlockDocumentFilterName */
        BlockDocumentFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
        };
        /**
         * BlockDocumentSort
         * @enum {string}
         */
        BlockDocumentSort: "NAME_DESC" | "NAME_ASC" | "BLOCK_TYPE_AND_NAME_ASC";
        /** BlockDocumentUpdate */
        BlockDocumentUpdate: {
            /** Block Schema Id */
            block_schema_id?: string | null;
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /**
             * Merge Existing Data
             * @default true
             */
            merge_existing_data: boolean;
        };
        /** BlockSchema */
        BlockSchema: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Checksum */
            checksum: string;
            /** Fields */
            fields?: {
                [key: string]: unknown;
            };
            /** Block Type Id */
            block_type_id: string | null;
            block_type?: components["schemas"]["BlockType"] | null;
            /** Capabilities */
            capabilities?: string[];
            /**
             * Version
             * @default non-versioned
             */
            version: string;
        };
        /** BlockSchemaCreate */
        BlockSchemaCreate: {
            /** Fields */
            fields?: {
                [key: string]: unknown;
            };
            /**
             * Block Type Id
             * Format: uuid
             */
            block_type_id: string;
            /** Capabilities */
            capabilities?: string[];
            /**
             * Version
             * @default non-versioned
             */
            version: string;
        };
        /** BlockSchemaFilter */
        BlockSchemaFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["BlockSchemaFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["BlockSchemaFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["BlockSchemaFilter"][] | null;
            block_type_id?: components["schemas"]["BlockSchemaFilterBlockTypeId"] | null;
            block_capabilities?: components["schemas"]["BlockSchemaFilterCapabilities"] | null;
            id?: components["schemas"]["BlockSchemaFilterId"] | null;
            version?: components["schemas"]["BlockSchemaFilterVersion"] | null;
        };
        /** BlockSchemaFilterBlockTypeId */
        BlockSchemaFilterBlockTypeId: {
            /** Any */
            any_?: string[] | null;
        };
        /** BlockSchemaFilterCapabilities */
        BlockSchemaFilterCapabilities: {
            /** All */
            all_?: string[] | null;
        };
        /** BlockSchemaFilterId */
        BlockSchemaFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** BlockSchemaFilterVersion */
        BlockSchemaFilterVersion: {
            /** Any */
            any_?: string[] | null;
        };
        /** BlockType */
        BlockType: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /** Slug */
            slug: string;
            /** Logo Url */
            logo_url?: string | null;
            /** Documentation Url */
            documentation_url?: string | null;
            /** Description */
            description?: string | null;
            /** Code Example */
            code_example?: string | null;
            /**
             * Is Protected
             * @default false
             */
            is_protected: boolean;
        };
        /** BlockTypeCreate */
        BlockTypeCreate: {
            /**
             * Name
             * @example Warehouse
             */
            name: string;
            /**
             * Slug
             * @example warehouse
             */
            slug: string;
            /** Logo Url */
            logo_url?: string | null;
            /** Documentation Url */
            documentation_url?: string | null;
            /** Description */
            description?: string | null;
            /** Code Example */
            code_example?: string | null;
        };
        /** BlockTypeFilter */
        BlockTypeFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["BlockTypeFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["BlockTypeFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["BlockTypeFilter"][] | null;
            name?: components["schemas"]["BlockTypeFilterName"] | null;
            slug?: components["schemas"]["BlockTypeFilterSlug"] | null;
        };
        /** BlockTypeFilterName */
        BlockTypeFilterName: {
            /** Like */
            like_?: string | null;
        };
        /** BlockTypeFilterSlug */
        BlockTypeFilterSlug: {
            /** Any */
            any_?: string[] | null;
        };
        /** BlockTypeUpdate */
        BlockTypeUpdate: {
            /** Logo Url */
            logo_url?: string | null;
            /** Documentation Url */
            documentation_url?: string | null;
            /** Description */
            description?: string | null;
            /** Code Example */
            code_example?: string | null;
        };
        /** Body_average_flow_run_lateness_flow_runs_lateness_post */
        Body_average_flow_run_lateness_flow_runs_lateness_post: {
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_bulk_decrement_active_slots_v2_concurrency_limits_decrement_post */
        Body_bulk_decrement_active_slots_v2_concurrency_limits_decrement_post: {
            /** Slots */
            slots: number;
            /** Names */
            names: string[];
            /** Occupancy Seconds */
            occupancy_seconds?: number | null;
            /**
             * Create If Missing
             * @deprecated
             */
            create_if_missing?: boolean;
        };
        /** Body_bulk_decrement_active_slots_with_lease_v2_concurrency_limits_decrement_with_lease_post */
        Body_bulk_decrement_active_slots_with_lease_v2_concurrency_limits_decrement_with_lease_post: {
            /**
             * Lease Id
             * Format: uuid
             */
            lease_id: string;
        };
        /** Body_bulk_delete_deployments_deployments_bulk_delete_post */
        Body_bulk_delete_deployments_deployments_bulk_delete_post: {
            deployments?: components["schemas"]["DeploymentFilter"] | null;
            /**
             * Limit
             * @default 50
             */
            limit: number;
        };
        /** Body_bulk_delete_flow_runs_flow_runs_bulk_delete_post */
        Body_bulk_delete_flow_runs_flow_runs_bulk_delete_post: {
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            /**
             * Limit
             * @default 50
             */
            limit: number;
        };
        /** Body_bulk_delete_flows_flows_bulk_delete_post */
        Body_bulk_delete_flows_flows_bulk_delete_post: {
            flows?: components["schemas"]["FlowFilter"] | null;
            /**
             * Limit
             * @default 50
             */
            limit: number;
        };
        /** Body_bulk_increment_active_slots_v2_concurrency_limits_increment_post */
        Body_bulk_increment_active_slots_v2_concurrency_limits_increment_post: {
            /** Slots */
            slots: number;
            /** Names */
            names: string[];
            /**
             * Mode
             * @default concurrency
             * @enum {string}
             */
            mode: "concurrency" | "rate_limit";
            /**
             * Create If Missing
             * @deprecated
             */
            create_if_missing?: boolean | null;
        };
        /** Body_bulk_increment_active_slots_with_lease_v2_concurrency_limits_increment_with_lease_post */
        Body_bulk_increment_active_slots_with_lease_v2_concurrency_limits_increment_with_lease_post: {
            /** Slots */
            slots: number;
            /** Names */
            names: string[];
            /**
             * Mode
             * @default concurrency
             * @enum {string}
             */
            mode: "concurrency" | "rate_limit";
            /**
             * Lease Duration
             * @default 300
             */
            lease_duration: number;
            holder?: components["schemas"]["ConcurrencyLeaseHolder"] | null;
        };
        /** Body_bulk_set_flow_run_state_flow_runs_bulk_set_state_post */
        Body_bulk_set_flow_run_state_flow_runs_bulk_set_state_post: {
            state: components["schemas"]["StateCreate"];
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            /**
             * Force
             * @default false
             */
            force: boolean;
            /**
             * Limit
             * @default 50
             */
            limit: number;
        };
        /** Body_count_account_events_events_count_by__countable__post */
        Body_count_account_events_events_count_by__countable__post: {
            filter: components["schemas"]["EventFilter"];
            /** @default day */
            time_unit: components["schemas"]["TimeUnit"];
            /**
             * Time Interval
             * @default 1
             */
            time_interval: number;
        };
        /** Body_count_artifacts_artifacts_count_post */
        Body_count_artifacts_artifacts_count_post: {
            artifacts?: components["schemas"]["ArtifactFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_automations_automations_count_post */
        Body_count_automations_automations_count_post: {
            automations?: components["schemas"]["AutomationFilter"] | null;
        };
        /** Body_count_block_documents_block_documents_count_post */
        Body_count_block_documents_block_documents_count_post: {
            block_documents?: components["schemas"]["BlockDocumentFilter"] | null;
            block_types?: components["schemas"]["BlockTypeFilter"] | null;
            block_schemas?: components["schemas"]["BlockSchemaFilter"] | null;
        };
        /** Body_count_deployments_by_flow_ui_flows_count_deployments_post */
        Body_count_deployments_by_flow_ui_flows_count_deployments_post: {
            /** Flow Ids */
            flow_ids: string[];
        };
        /** Body_count_deployments_deployments_count_post */
        Body_count_deployments_deployments_count_post: {
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_flow_runs_flow_runs_count_post */
        Body_count_flow_runs_flow_runs_count_post: {
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_flow_runs_to_bound_ui_flow_runs_bounded_count_post */
        Body_count_flow_runs_to_bound_ui_flow_runs_bounded_count_post: {
            /**
             * Bound
             * @default 10000
             */
            bound: number;
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_flows_flows_count_post */
        Body_count_flows_flows_count_post: {
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_latest_artifacts_artifacts_latest_count_post */
        Body_count_latest_artifacts_artifacts_latest_count_post: {
            artifacts?: components["schemas"]["ArtifactCollectionFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_task_runs_by_flow_run_ui_flow_runs_count_task_runs_post */
        Body_count_task_runs_by_flow_run_ui_flow_runs_count_task_runs_post: {
            /** Flow Run Ids */
            flow_run_ids: string[];
        };
        /** Body_count_task_runs_task_runs_count_post */
        Body_count_task_runs_task_runs_count_post: {
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_task_runs_to_bound_ui_task_runs_bounded_count_post */
        Body_count_task_runs_to_bound_ui_task_runs_bounded_count_post: {
            /**
             * Bound
             * @default 10000
             */
            bound: number;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_count_variables_variables_count_post */
        Body_count_variables_variables_count_post: {
            variables?: components["schemas"]["VariableFilter"] | null;
        };
        /** Body_count_work_pools_work_pools_count_post */
        Body_count_work_pools_work_pools_count_post: {
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
        };
        /** Body_create_flow_run_input_flow_runs__id__input_post */
        Body_create_flow_run_input_flow_runs__id__input_post: {
            /** Key */
            key: string;
            /** Value */
            value: string;
            /** Sender */
            sender?: string | null;
        };
        /** Body_decrement_concurrency_limits_v1_concurrency_limits_decrement_post */
        Body_decrement_concurrency_limits_v1_concurrency_limits_decrement_post: {
            /** Names */
            names: string[];
            /**
             * Task Run Id
             * Format: uuid
             */
            task_run_id: string;
        };
        /** Body_explain_deployments_deployments_filter_explain_post */
        Body_explain_deployments_deployments_filter_explain_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            /** @default NAME_ASC */
            sort: components["schemas"]["DeploymentSort"];
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_explain_flow_runs_flow_runs_filter_explain_post */
        Body_explain_flow_runs_flow_runs_filter_explain_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            /** @default ID_DESC */
            sort: components["schemas"]["FlowRunSort"];
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_explain_flows_flows_filter_explain_post */
        Body_explain_flows_flows_filter_explain_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            /** @default NAME_ASC */
            sort: components["schemas"]["FlowSort"];
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_explain_task_runs_task_runs_filter_explain_post */
        Body_explain_task_runs_task_runs_filter_explain_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            /** @default ID_DESC */
            sort: components["schemas"]["TaskRunSort"];
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_export_flow_runs_flow_runs_export_post */
        Body_export_flow_runs_flow_runs_export_post: {
            /** @default ndjson */
            format: components["schemas"]["ExportFormat"];
            /** @default ID_DESC */
            sort: components["schemas"]["FlowRunSort"];
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_export_flows_flows_export_post */
        Body_export_flows_flows_export_post: {
            /** @default ndjson */
            format: components["schemas"]["ExportFormat"];
            /** @default NAME_ASC */
            sort: components["schemas"]["FlowSort"];
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_export_task_runs_task_runs_export_post */
        Body_export_task_runs_task_runs_export_post: {
            /** @default ndjson */
            format: components["schemas"]["ExportFormat"];
            /** @default ID_DESC */
            sort: components["schemas"]["TaskRunSort"];
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_filter_flow_run_input_flow_runs__id__input_filter_post */
        Body_filter_flow_run_input_flow_runs__id__input_filter_post: {
            /** Prefix */
            prefix: string;
            /**
             * Limit
             * @default 1
             */
            limit: number;
            /**
             * Exclude Keys
             * @default []
             */
            exclude_keys: string[];
        };
        /** Body_find_objects_ui_find_post */
        Body_find_objects_ui_find_post: {
            /** Text */
            text: string;
        };
        /** Body_flow_run_history_flow_runs_history_post */
        Body_flow_run_history_flow_runs_history_post: {
            /**
             * History Start
             * Format: date-time
             */
            history_start: string;
            /**
             * History End
             * Format: date-time
             */
            history_end: string;
            /**
             * History Interval Seconds
             * Format: time-delta
             */
            history_interval_seconds: number;
            work_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_get_scheduled_flow_runs_for_deployments_deployments_get_scheduled_flow_runs_post */
        Body_get_scheduled_flow_runs_for_deployments_deployments_get_scheduled_flow_runs_post: {
            /** Deployment Ids */
            deployment_ids: string[];
            /**
             * Scheduled Before
             * Format: date-time
             */
            scheduled_before?: string;
            /** Limit */
            limit?: number;
        };
        /** Body_get_scheduled_flow_runs_work_pools__name__get_scheduled_flow_runs_post */
        Body_get_scheduled_flow_runs_work_pools__name__get_scheduled_flow_runs_post: {
            /** Work Queue Names */
            work_queue_names?: string[];
            /**
             * Scheduled Before
             * Format: date-time
             */
            scheduled_before?: string;
            /**
             * Scheduled After
             * Format: date-time
             */
            scheduled_after?: string;
            /** Limit */
            limit?: number;
        };
        /** Body_increment_concurrency_limits_v1_concurrency_limits_increment_post */
        Body_increment_concurrency_limits_v1_concurrency_limits_increment_post: {
            /** Names */
            names: string[];
            /**
             * Task Run Id
             * Format: uuid
             */
            task_run_id: string;
        };
        /** Body_next_runs_by_flow_ui_flows_next_runs_post */
        Body_next_runs_by_flow_ui_flows_next_runs_post: {
            /** Flow Ids */
            flow_ids: string[];
        };
        /** Body_paginate_deployments_deployments_paginate_post */
        Body_paginate_deployments_deployments_paginate_post: {
            /** @default NAME_ASC */
            sort: components["schemas"]["DeploymentSort"];
            /**
             * Page
             * @default 1
             */
            page: number;
            /** Limit */
            limit?: number;
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_paginate_flow_runs_flow_runs_paginate_post */
        Body_paginate_flow_runs_flow_runs_paginate_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["FlowRunSort"];
            /**
             * Page
             * @default 1
             */
            page: number;
            /** Limit */
            limit?: number;
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_paginate_flows_flows_paginate_post */
        Body_paginate_flows_flows_paginate_post: {
            /** @default NAME_ASC */
            sort: components["schemas"]["FlowSort"];
            /**
             * Page
             * @default 1
             */
            page: number;
            /** Limit */
            limit?: number;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_paginate_task_runs_task_runs_paginate_post */
        Body_paginate_task_runs_task_runs_paginate_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["TaskRunSort"];
            /**
             * Page
             * @default 1
             */
            page: number;
            /** Limit */
            limit?: number;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_all_concurrency_limits_v2_v2_concurrency_limits_filter_post */
        Body_read_all_concurrency_limits_v2_v2_concurrency_limits_filter_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_artifacts_artifacts_filter_post */
        Body_read_artifacts_artifacts_filter_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["ArtifactSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            artifacts?: components["schemas"]["ArtifactFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_automations_automations_filter_post */
        Body_read_automations_automations_filter_post: {
            automations?: components["schemas"]["AutomationFilter"] | null;
            /** @default NAME_ASC */
            sort: components["schemas"]["AutomationSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_block_documents_block_documents_filter_post */
        Body_read_block_documents_block_documents_filter_post: {
            /**
             * Include Secrets
             * @default false
             */
            include_secrets: boolean;
            /** @default NAME_ASC */
            sort: components["schemas"]["BlockDocumentSort"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            block_documents?: components["schemas"]["BlockDocumentFilter"] | null;
            block_types?: components["schemas"]["BlockTypeFilter"] | null;
            block_schemas?: components["schemas"]["BlockSchemaFilter"] | null;
        };
        /** Body_read_block_schemas_block_schemas_filter_post */
        Body_read_block_schemas_block_schemas_filter_post: {
            block_schemas?: components["schemas"]["BlockSchemaFilter"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_block_types_block_types_filter_post */
        Body_read_block_types_block_types_filter_post: {
            block_types?: components["schemas"]["BlockTypeFilter"] | null;
            block_schemas?: components["schemas"]["BlockSchemaFilter"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_concurrency_limits_concurrency_limits_filter_post */
        Body_read_concurrency_limits_concurrency_limits_filter_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Limit */
            limit?: number;
        };
        /** Body_read_dashboard_task_run_counts_ui_task_runs_dashboard_counts_post */
        Body_read_dashboard_task_run_counts_ui_task_runs_dashboard_counts_post: {
            task_runs: components["schemas"]["TaskRunFilter"];
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            work_queues?: components["schemas"]["WorkQueueFilter"] | null;
        };
        /** Body_read_deployments_deployments_filter_post */
        Body_read_deployments_deployments_filter_post: {
            /** @default NAME_ASC */
            sort: components["schemas"]["DeploymentSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_events_events_filter_post */
        Body_read_events_events_filter_post: {
            filter?: components["schemas"]["EventFilter"] | null;
            /**
             * Limit
             * @default 50
             */
            limit: number;
        };
        /** Body_read_flow_run_history_ui_flow_runs_history_post */
        Body_read_flow_run_history_ui_flow_runs_history_post: {
            /** @default EXPECTED_START_TIME_DESC */
            sort: components["schemas"]["FlowRunSort"];
            /**
             * Limit
             * @default 1000
             */
            limit: number;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_flow_runs_flow_runs_filter_post */
        Body_read_flow_runs_flow_runs_filter_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["FlowRunSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_flows_flows_filter_post */
        Body_read_flows_flows_filter_post: {
            /** @default NAME_ASC */
            sort: components["schemas"]["FlowSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_latest_artifacts_artifacts_latest_filter_post */
        Body_read_latest_artifacts_artifacts_latest_filter_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["ArtifactCollectionSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            artifacts?: components["schemas"]["ArtifactCollectionFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_logs_logs_filter_post */
        Body_read_logs_logs_filter_post: {
            logs?: components["schemas"]["LogFilter"] | null;
            /** @default TIMESTAMP_ASC */
            sort: components["schemas"]["LogSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_named_flow_runs_ui_flow_runs_filter_post */
        Body_read_named_flow_runs_ui_flow_runs_filter_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["FlowRunSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            work_pool_queues?: components["schemas"]["WorkQueueFilter"] | null;
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_named_task_runs_ui_task_runs_filter_post */
        Body_read_named_task_runs_ui_task_runs_filter_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["TaskRunSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_next_times_ui_schedules_next_times_post */
        Body_read_next_times_ui_schedules_next_times_post: {
            /** Schedule */
            schedule: components["schemas"]["IntervalSchedule-Input"] | components["schemas"]["CronSchedule"] | components["schemas"]["RRuleSchedule"];
        };
        /** Body_read_saved_searches_saved_searches_filter_post */
        Body_read_saved_searches_saved_searches_filter_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_task_run_counts_by_state_ui_task_runs_count_post */
        Body_read_task_run_counts_by_state_ui_task_runs_count_post: {
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_task_runs_task_runs_filter_post */
        Body_read_task_runs_task_runs_filter_post: {
            /** @default ID_DESC */
            sort: components["schemas"]["TaskRunSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_read_task_workers_task_workers_filter_post */
        Body_read_task_workers_task_workers_filter_post: {
            task_worker_filter?: components["schemas"]["TaskWorkerFilter"] | null;
        };
        /** Body_read_variables_variables_filter_post */
        Body_read_variables_variables_filter_post: {
            variables?: components["schemas"]["VariableFilter"] | null;
            /** @default NAME_ASC */
            sort: components["schemas"]["VariableSort"];
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_webhooks_webhooks_filter_post */
        Body_read_webhooks_webhooks_filter_post: {
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_what_needs_attention_ui_home_post */
        Body_read_what_needs_attention_ui_home_post: {
            /**
             * Since
             * Format: date-time
             */
            since: string;
        };
        /** Body_read_work_pool_concurrency_status_work_pools__name__concurrency_status_post */
        Body_read_work_pool_concurrency_status_work_pools__name__concurrency_status_post: {
            /**
             * Page
             * @default 1
             */
            page: number;
            /**
             * Flow Run Limit
             * @default 10
             */
            flow_run_limit: number;
            /** Limit */
            limit?: number;
        };
        /** Body_read_work_pools_work_pools_filter_post */
        Body_read_work_pools_work_pools_filter_post: {
            work_pools?: components["schemas"]["WorkPoolFilter"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_work_queue_concurrency_status_work_queues__id__concurrency_status_post */
        Body_read_work_queue_concurrency_status_work_queues__id__concurrency_status_post: {
            /**
             * Page
             * @default 1
             */
            page: number;
            /** Limit */
            limit?: number;
        };
        /** Body_read_work_queue_runs_work_queues__id__get_runs_post */
        Body_read_work_queue_runs_work_queues__id__get_runs_post: {
            /**
             * Scheduled Before
             * Format: date-time
             */
            scheduled_before?: string;
            /** Limit */
            limit?: number;
        };
        /** Body_read_work_queues_work_pools__work_pool_name__queues_filter_post */
        Body_read_work_queues_work_pools__work_pool_name__queues_filter_post: {
            work_queues?: components["schemas"]["WorkQueueFilter"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_work_queues_work_queues_filter_post */
        Body_read_work_queues_work_queues_filter_post: {
            work_queues?: components["schemas"]["WorkQueueFilter"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_read_workers_work_pools__work_pool_name__workers_filter_post */
        Body_read_workers_work_pools__work_pool_name__workers_filter_post: {
            workers?: components["schemas"]["WorkerFilter"] | null;
            /**
             * Offset
             * @default 0
             */
            offset: number;
            /** Cursor */
            cursor?: string | null;
            /** Limit */
            limit?: number;
        };
        /** Body_renew_concurrency_lease_v2_concurrency_limits_leases__lease_id__renew_post */
        Body_renew_concurrency_lease_v2_concurrency_limits_leases__lease_id__renew_post: {
            /**
             * Lease Duration
             * @default 300
             */
            lease_duration: number;
        };
        /** Body_reset_concurrency_limit_by_tag_concurrency_limits_tag__tag__reset_post */
        Body_reset_concurrency_limit_by_tag_concurrency_limits_tag__tag__reset_post: {
            /** Slot Override */
            slot_override?: string[] | null;
        };
        /** Body_resume_flow_run_flow_runs__id__resume_post */
        Body_resume_flow_run_flow_runs__id__resume_post: {
            /** Run Input */
            run_input?: {
                [key: string]: unknown;
            } | null;
        };
        /** Body_schedule_deployment_deployments__id__schedule_post */
        Body_schedule_deployment_deployments__id__schedule_post: {
            /**
             * Start Time
             * Format: date-time
             */
            start_time?: string;
            /**
             * End Time
             * Format: date-time
             */
            end_time?: string;
            /**
             * Min Time
             * Format: time-delta
             */
            min_time?: number;
            /** Min Runs */
            min_runs?: number;
            /** Max Runs */
            max_runs?: number;
        };
        /** Body_set_flow_run_state_flow_runs__id__set_state_post */
        Body_set_flow_run_state_flow_runs__id__set_state_post: {
            state: components["schemas"]["StateCreate"];
            /**
             * Force
             * @default false
             */
            force: boolean;
        };
        /** Body_set_task_run_state_task_runs__id__set_state_post */
        Body_set_task_run_state_task_runs__id__set_state_post: {
            state: components["schemas"]["StateCreate"];
            /**
             * Force
             * @default false
             */
            force: boolean;
        };
        /** Body_suggest_values_ui_suggestions_post */
        Body_suggest_values_ui_suggestions_post: {
            /** Field */
            field: string;
            /**
             * Text
             * @default
             */
            text: string;
        };
        /** Body_task_run_history_task_runs_history_post */
        Body_task_run_history_task_runs_history_post: {
            /**
             * History Start
             * Format: date-time
             */
            history_start: string;
            /**
             * History End
             * Format: date-time
             */
            history_end: string;
            /**
             * History Interval Seconds
             * Format: time-delta
             */
            history_interval_seconds: number;
            flows?: components["schemas"]["FlowFilter"] | null;
            flow_runs?: components["schemas"]["FlowRunFilter"] | null;
            task_runs?: components["schemas"]["TaskRunFilter"] | null;
            deployments?: components["schemas"]["DeploymentFilter"] | null;
        };
        /** Body_validate_obj_ui_schemas_validate_post */
        Body_validate_obj_ui_schemas_validate_post: {
            /** Schema */
            schema: {
                [key: string]: unknown;
            };
            /** Values */
            values: {
                [key: string]: unknown;
            };
        };
        /** Body_worker_heartbeat_work_pools__work_pool_name__workers_heartbeat_post */
        Body_worker_heartbeat_work_pools__work_pool_name__workers_heartbeat_post: {
            /** Name */
            name: string;
            /** Heartbeat Interval Seconds */
            heartbeat_interval_seconds?: number | null;
        };
        /** BoundedCount */
        BoundedCount: {
            /** Count */
            count: number;
            /** Is More */
            is_more: boolean;
        };
        /** CallWebhook */
        CallWebhook: {
            /**
             * Type
             * @default call-webhook
             * @constant
             */
            type: "call-webhook";
            /**
             * Block Document Id
             * Format: uuid
             */
            block_document_id: string;
            /**
             * Payload
             * @default
             */
            payload: string;
        };
        /** CancelFlowRun */
        CancelFlowRun: {
            /**
             * Type
             * @default cancel-flow-run
             * @constant
             */
            type: "cancel-flow-run";
        };
        /** CatchUp */
        CatchUp: {
            /** Policy */
            policy?: ("all" | "latest" | "none") | null;
            /** Window Seconds */
            window_seconds?: number | null;
        };
        /** ChangeFlowRunState */
        ChangeFlowRunState: {
            /**
             * Type
             * @default change-flow-run-state
             * @constant
             */
            type: "change-flow-run-state";
            /** Name */
            name?: string | null;
            state: components["schemas"]["StateType"];
            /** Message */
            message?: string | null;
            /**
             * Force
             * @default false
             */
            force: boolean;
        };
        /** CompoundTrigger */
        "CompoundTrigger-Input": {
            /**
             * Type
             * @default compound
             * @constant
             */
            type: "compound";
            /**
             * Id
             * Format: uuid
             */
            id?: string;
            /** Triggers */
            triggers: (components["schemas"]["EventTrigger-Input"] | components["schemas"]["CompoundTrigger-Input"] | components["schemas"]["SequenceTrigger-Input"])[];
            /** Within */
            within: number | string | null;
            /** Require */
            require: number | ("any" | "all");
        };
        /** CompoundTrigger */
        "CompoundTrigger-Output": {
            /**
             * Type
             * @default compound
             * @constant
             */
            type: "compound";
            /**
             * Id
             * Format: uuid
             */
            id?: string;
            /** Triggers */
            triggers: (components["schemas"]["EventTrigger-Output"] | components["schemas"]["CompoundTrigger-Output"] | components["schemas"]["SequenceTrigger-Output"])[];
            /** Within */
            within: number | null;
            /** Require */
            require: number | ("any" | "all");
        };
        /** ConcurrencyLeaseHolder */
        ConcurrencyLeaseHolder: {
            /**
             * Type
             * @enum {string}
             */
            type: "flow_run" | "task_run" | "deployment";
            /**
             * Id
             * Format: uuid
             */
            id: string;
        };
        /** ConcurrencyLimit */
        ConcurrencyLimit: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Tag */
            tag: string;
            /** Concurrency Limit */
            concurrency_limit: number;
            /** Active Slots */
            active_slots?: string[];
        };
        /** ConcurrencyLimitCreate */
        ConcurrencyLimitCreate: {
            /**
             * Tag
             * @example database
             */
            tag: string;
            /**
             * Concurrency Limit
             * @example 10
             */
            concurrency_limit: number;
        };
        /**
         * ConcurrencyLimitStrategy
         * @enum {string}
         */
        ConcurrencyLimitStrategy: "ENQUEUE" | "CANCEL_NEW";
        /** ConcurrencyLimitV2 */
        ConcurrencyLimitV2: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Active
             * @default true
             */
            active: boolean;
            /** Name */
            name: string;
            /** Limit */
            limit: number;
            /**
             * Active Slots
             * @default 0
             */
            active_slots: number;
            /**
             * Denied Slots
             * @default 0
             */
            denied_slots: number;
            /**
             * Slot Decay Per Second
             * @default 0
             */
            slot_decay_per_second: number;
            /**
             * Avg Slot Occupancy Seconds
             * @default 2
             */
            avg_slot_occupancy_seconds: number;
        };
        /** ConcurrencyLimitV2Create */
        ConcurrencyLimitV2Create: {
            /**
             * Active
             * @default true
             */
            active: boolean;
            /**
             * Name
             * @example database
             */
            name: string;
            /**
             * Limit
             * @example 10
             */
            limit: number;
            /**
             * Active Slots
             * @default 0
             */
            active_slots: number;
            /**
             * Denied Slots
             * @default 0
             */
            denied_slots: number;
            /**
             * Slot Decay Per Second
             * @default 0
             */
            slot_decay_per_second: number;
        };
        /** ConcurrencyLimitV2Update */
        ConcurrencyLimitV2Update: {
            /** Active */
            active?: boolean | null;
            /** Name */
            name?: string | null;
            /** Limit */
            limit?: number | null;
            /** Active Slots */
            active_slots?: number | null;
            /** Denied Slots */
            denied_slots?: number | null;
            /** Slot Decay Per Second */
            slot_decay_per_second?: number | null;
        };
        /** ConcurrencyLimitWithLeaseResponse */
        ConcurrencyLimitWithLeaseResponse: {
            /**
             * Lease Id
             * Format: uuid
             */
            lease_id: string;
            /** Limits */
            limits: components["schemas"]["MinimalConcurrencyLimitResponse"][];
        };
        /** ConcurrencyOptions */
        ConcurrencyOptions: {
            collision_strategy: components["schemas"]["ConcurrencyLimitStrategy"];
            /** Grace Period Seconds */
            grace_period_seconds?: number | null;
        };
        /** Constant */
        Constant: {
            /**
             * Input Type
             * @default constant
             * @constant
             */
            input_type: "constant";
            /** Type */
            type: string;
        };
        /** CountByState */
        CountByState: {
            /**
             * Completed
             * @default 0
             */
            COMPLETED: number;
            /**
             * Pending
             * @default 0
             */
            PENDING: number;
            /**
             * Running
             * @default 0
             */
            RUNNING: number;
            /**
             * Failed
             * @default 0
             */
            FAILED: number;
            /**
             * Cancelled
             * @default 0
             */
            CANCELLED: number;
            /**
             * Crashed
             * @default 0
             */
            CRASHED: number;
            /**
             * Paused
             * @default 0
             */
            PAUSED: number;
            /**
             * Cancelling
             * @default 0
             */
            CANCELLING: number;
            /**
             * Scheduled
             * @default 0
             */
            SCHEDULED: number;
        };
        /**
         * Countable
         * @enum {string}
         */
        Countable: "day" | "time" | "event" | "resource";
        /** CreatedBy */
        CreatedBy: {
            /** Id */
            id?: string | null;
            /** Type */
            type?: string | null;
            /** Display Value */
            display_value?: string | null;
        };
        /** CronSchedule */
        CronSchedule: {
            /**
             * Cron
             * @example 0 6 * * 1-5
             */
            cron: string;
            /**
             * Timezone
             * @example Europe/Berlin
             */
            timezone?: string | null;
            /**
             * Day Or
             * @default true
             */
            day_or: boolean;
        };
        /** CsrfToken */
        CsrfToken: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Token */
            token: string;
            /** Client */
            client: string;
            /**
             * Expiration
             * Format: date-time
             */
            expiration: string;
        };
        /** DeleteFlowRun */
        DeleteFlowRun: {
            /**
             * Type
             * @default delete-flow-run
             * @constant
             */
            type: "delete-flow-run";
        };
        /** DependencyResult */
        DependencyResult: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Upstream Dependencies */
            upstream_dependencies: components["schemas"]["TaskRunResult"][];
            state: components["schemas"]["State"] | null;
            /** Expected Start Time */
            expected_start_time: string | null;
            /** Start Time */
            start_time: string | null;
            /** End Time */
            end_time: string | null;
            /** Total Run Time */
            total_run_time: number | null;
            /** Estimated Run Time */
            estimated_run_time: number | null;
            /** Untrackable Result */
            untrackable_result: boolean;
        };
        /** DeploymentBulkDeleteResponse */
        DeploymentBulkDeleteResponse: {
            /** Deleted */
            deleted?: string[];
        };
        /** DeploymentCreate */
        DeploymentCreate: {
            /** Version */
            version?: string | null;
            /** Description */
            description?: string | null;
            /**
             * Paused
             * @default false
             */
            paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            concurrency_options?: components["schemas"]["ConcurrencyOptions"] | null;
            /** Global Concurrency Limit Id */
            global_concurrency_limit_id?: string | null;
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Pull Steps */
            pull_steps?: {
                [key: string]: unknown;
            }[] | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /**
             * Work Pool Name
             * @example on-demand
             */
            work_pool_name?: string | null;
            /** Storage Document Id */
            storage_document_id?: string | null;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            /** Path */
            path?: string | null;
            /**
             * Entrypoint
             * @example etl.py:sync_orders
             */
            entrypoint?: string | null;
            version_info?: components["schemas"]["VersionInfo"] | null;
            /**
             * Name
             * @example nightly
             */
            name: string;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /** Schedules */
            schedules?: components["schemas"]["DeploymentScheduleCreate"][];
            /**
             * Enforce Parameter Schema
             * @default true
             */
            enforce_parameter_schema: boolean;
            /** Parameter Openapi Schema */
            parameter_openapi_schema?: {
                [key: string]: unknown;
            } | {
                [key: string]: unknown;
            } | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            };
        };
        /** DeploymentFilter */
        DeploymentFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["DeploymentFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["DeploymentFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["DeploymentFilter"][] | null;
            id?: components["schemas"]["DeploymentFilterId"] | null;
            name?: components["schemas"]["DeploymentFilterName"] | null;
            flow_or_deployment_name?: components["schemas"]["DeploymentOrFlowNameFilter"] | null;
            paused?: components["schemas"]["DeploymentFilterPaused"] | null;
            tags?: components["schemas"]["DeploymentFilterTags"] | null;
            work_queue_name?: components["schemas"]["DeploymentFilterWorkQueueName"] | null;
            /** @deprecated */
            concurrency_limit?: components["schemas"]["DeploymentFilterConcurrencyLimit"] | null;
        };
        /** DeploymentFilterConcurrencyLimit */
        DeploymentFilterConcurrencyLimit: {
            /** Ge */
            ge_?: number | null;
            /** Le */
            le_?: number | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** DeploymentFilterId */
        DeploymentFilterId: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /** DeploymentFilterName */
        DeploymentFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
        };
        /** DeploymentFilterPaused */
        DeploymentFilterPaused: {
            /** Eq */
            eq_?: boolean | null;
        };
        /** DeploymentFilterTags */
        DeploymentFilterTags: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All */
            all_?: string[] | null;
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** DeploymentFilterWorkQueueName */
        DeploymentFilterWorkQueueName: {
            /** Any */
            any_?: string[] | null;
        };
        /** DeploymentFlowRunCreate */
        DeploymentFlowRunCreate: {
            state?: components["schemas"]["StateCreate"] | null;
            /**
             * Name
             * @example gentle-otter
             */
            name?: string;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Enforce Parameter Schema */
            enforce_parameter_schema?: boolean | null;
            /** Context */
            context?: {
                [key: string]: unknown;
            };
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            empirical_policy?: components["schemas"]["FlowRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Idempotency Key */
            idempotency_key?: string | null;
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            /** Parent Task Run Id */
            parent_task_run_id?: string | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | {
                [key: string]: unknown;
            } | null;
        };
        /** DeploymentOrFlowNameFilter */
        DeploymentOrFlowNameFilter: {
            /** Like */
            like_?: string | null;
        };
        /** DeploymentPaginationResponse */
        DeploymentPaginationResponse: {
            /** Results */
            results: components["schemas"]["DeploymentResponse"][];
            /** Count */
            count: number;
            /** Limit */
            limit: number;
            /** Pages */
            pages: number;
            /** Page */
            page: number;
        };
        /** DeploymentResponse */
        DeploymentResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /** Version */
            version?: string | null;
            /** Description */
            description?: string | null;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /**
             * Paused
             * @default false
             */
            paused: boolean;
            /** Schedules */
            schedules?: components["schemas"]["DeploymentSchedule"][];
            /**
             * Concurrency Limit
             * @deprecated
             */
            concurrency_limit?: number | null;
            global_concurrency_limit?: components["schemas"]["GlobalConcurrencyLimitResponse"] | null;
            concurrency_options?: components["schemas"]["ConcurrencyOptions"] | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            };
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            };
            /** Work Queue Name */
            work_queue_name?: string | null;
            /** Work Queue Id */
            work_queue_id?: string | null;
            /** Last Polled */
            last_polled?: string | null;
            /** Parameter Openapi Schema */
            parameter_openapi_schema?: {
                [key: string]: unknown;
            } | {
                [key: string]: unknown;
            } | null;
            /** Path */
            path?: string | null;
            /** Pull Steps */
            pull_steps?: {
                [key: string]: unknown;
            }[] | null;
            /** Entrypoint */
            entrypoint?: string | null;
            /** Storage Document Id */
            storage_document_id?: string | null;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            created_by?: components["schemas"]["CreatedBy"] | null;
            updated_by?: components["schemas"]["UpdatedBy"] | null;
            /** Work Pool Name */
            work_pool_name?: string | null;
            /** @default NOT_READY */
            status: components["schemas"]["DeploymentStatus"] | null;
            /**
             * Enforce Parameter Schema
             * @default true
             */
            enforce_parameter_schema: boolean;
        };
        /** DeploymentSchedule */
        DeploymentSchedule: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Deployment Id */
            deployment_id?: string | null;
            /** Schedule */
            schedule: components["schemas"]["IntervalSchedule-Output"] | components["schemas"]["CronSchedule"] | components["schemas"]["RRuleSchedule"];
            /**
             * Active
             * @default true
             */
            active: boolean;
            /** Max Scheduled Runs */
            max_scheduled_runs?: number | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Slug */
            slug?: string | null;
        };
        /** DeploymentScheduleCreate */
        DeploymentScheduleCreate: {
            /**
             * Active
             * @default true
             */
            active: boolean;
            /** Schedule */
            schedule: components["schemas"]["IntervalSchedule-Input"] | components["schemas"]["CronSchedule"] | components["schemas"]["RRuleSchedule"];
            /** Max Scheduled Runs */
            max_scheduled_runs?: number | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Slug */
            slug?: string | null;
            /** Replaces */
            replaces?: string | null;
        };
        /** DeploymentScheduleUpdate */
        DeploymentScheduleUpdate: {
            /** Active */
            active?: boolean | null;
            /** Schedule */
            schedule?: components["schemas"]["IntervalSchedule-Input"] | components["schemas"]["CronSchedule"] | components["schemas"]["RRuleSchedule"] | null;
            /** Max Scheduled Runs */
            max_scheduled_runs?: number | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Slug */
            slug?: string | null;
            /** Replaces */
            replaces?: string | null;
        };
        /**
         * DeploymentSort
         * @enum {string}
         */
        DeploymentSort: "CREATED_DESC" | "UPDATED_DESC" | "NAME_ASC" | "NAME_DESC";
        /**
         * DeploymentStatus
         * @enum {string}
         */
        DeploymentStatus: "READY" | "NOT_READY";
        /** DeploymentUpdate */
        DeploymentUpdate: {
            /** Version */
            version?: string | null;
            /** Description */
            description?: string | null;
            /**
             * Paused
             * @default false
             */
            paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            concurrency_options?: components["schemas"]["ConcurrencyOptions"] | null;
            /** Global Concurrency Limit Id */
            global_concurrency_limit_id?: string | null;
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Pull Steps */
            pull_steps?: {
                [key: string]: unknown;
            }[] | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /**
             * Work Pool Name
             * @example on-demand
             */
            work_pool_name?: string | null;
            /** Storage Document Id */
            storage_document_id?: string | null;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            /** Path */
            path?: string | null;
            /**
             * Entrypoint
             * @example etl.py:sync_orders
             */
            entrypoint?: string | null;
            version_info?: components["schemas"]["VersionInfo"] | null;
            /** Schedules */
            schedules?: components["schemas"]["DeploymentScheduleUpdate"][];
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /** Parameter Openapi Schema */
            parameter_openapi_schema?: {
                [key: string]: unknown;
            } | null;
            /** Enforce Parameter Schema */
            enforce_parameter_schema?: boolean | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
        };
        /** DoNothing */
        DoNothing: {
            /**
             * Type
             * @default do-nothing
             * @constant
             */
            type: "do-nothing";
        };
        /** Edge */
        Edge: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
        };
        /** Event */
        Event: {
            /**
             * Occurred
             * Format: date-time
             */
            occurred: string;
            /**
             * Event
             * @example prefect.flow-run.Completed
             */
            event: string;
            resource: components["schemas"]["Resource"];
            /** Related */
            related?: components["schemas"]["RelatedResource"][];
            /** Payload */
            payload?: {
                [key: string]: unknown;
            };
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Follows */
            follows?: string | null;
        };
        /** EventAnyResourceFilter */
        EventAnyResourceFilter: {
            /** Id */
            id?: string[] | null;
            /** Id Prefix */
            id_prefix?: string[] | null;
            labels?: components["schemas"]["ResourceSpecification"] | null;
        };
        /** EventCount */
        EventCount: {
            /** Value */
            value: string;
            /** Label */
            label: string;
            /** Count */
            count: number;
            /**
             * Start Time
             * Format: date-time
             */
            start_time: string;
            /**
             * End Time
             * Format: date-time
             */
            end_time: string;
        };
        /** EventFilter */
        EventFilter: {
            occurred?: components["schemas"]["EventOccurredFilter"];
            event?: components["schemas"]["EventNameFilter"] | null;
            resource?: components["schemas"]["EventResourceFilter"] | null;
            /** Related */
            related?: components["schemas"]["EventRelatedFilter"] | components["schemas"]["EventRelatedFilter"][] | null;
            /** Any Resource */
            any_resource?: components["schemas"]["EventAnyResourceFilter"] | components["schemas"]["EventAnyResourceFilter"][] | null;
            id?: components["schemas"]["EventIDFilter"];
            text?: components["schemas"]["EventTextFilter"] | null;
            /** @default DESC */
            order: components["schemas"]["EventOrder"];
        };
        /** EventIDFilter */
        EventIDFilter: {
            /** Id */
            id?: string[] | null;
        };
        /** EventNameFilter */
        EventNameFilter: {
            /** Prefix */
            prefix?: string[] | null;
            /** Exclude Prefix */
            exclude_prefix?: string[] | null;
            /** Name */
            name?: string[] | null;
            /** Exclude Name */
            exclude_name?: string[] | null;
        };
        /** EventOccurredFilter */
        EventOccurredFilter: {
            /**
             * Since
             * Format: date-time
             */
            since?: string;
            /**
             * Until
             * Format: date-time
             */
            until?: string;
        };
        /**
         * EventOrder
         * @enum {string}
         */
        EventOrder: "ASC" | "DESC";
        /** EventPage */
        EventPage: {
            /** Events */
            events: components["schemas"]["ReceivedEvent"][];
            /** Total */
            total: number;
            /** Next Page */
            next_page: string | null;
        };
        /** EventRelatedFilter */
        EventRelatedFilter: {
            /** Id */
            id?: string[] | null;
            /** Role */
            role?: string[] | null;
            /** Resources In Roles */
            resources_in_roles?: [
                string,
                string
            ][] | null;
            labels?: components["schemas"]["ResourceSpecification"] | null;
        };
        /** EventResourceFilter */
        EventResourceFilter: {
            /** Id */
            id?: string[] | null;
            /** Id Prefix */
            id_prefix?: string[] | null;
            labels?: components["schemas"]["ResourceSpecification"] | null;
            /**
             * Distinct
             * @default false
             */
            distinct: boolean;
        };
        /** EventTextFilter */
        EventTextFilter: {
            /**
             * Query
             * @example error -debug
             * @example "connection timeout"
             */
            query: string;
        };
        /** EventTrigger */
        "EventTrigger-Input": {
            /**
             * Type
             * @default event
             * @constant
             */
            type: "event";
            /**
             * Id
             * Format: uuid
             */
            id?: string;
            match?: components["schemas"]["ResourceSpecification"] | {
                [key: string]: string | string[];
            };
            /** Match Related */
            match_related?: components["schemas"]["ResourceSpecification"] | {
                [key: string]: string | string[];
            } | (components["schemas"]["ResourceSpecification"] | {
                [key: string]: string | string[];
            })[];
            /** After */
            after?: string[];
            /** Expect */
            expect?: string[];
            /** For Each */
            for_each?: string[];
            /**
             * Posture
             * @enum {string}
             */
            posture: "Reactive" | "Proactive";
            /**
             * Threshold
             * @default 1
             */
            threshold: number;
            /**
             * Within
             * @default PT0S
             */
            within: number | string;
        };
        /** EventTrigger */
        "EventTrigger-Output": {
            /**
             * Type
             * @default event
             * @constant
             */
            type: "event";
            /**
             * Id
             * Format: uuid
             */
            id?: string;
            match?: components["schemas"]["ResourceSpecification"] | {
                [key: string]: string | string[];
            };
            /** Match Related */
            match_related?: components["schemas"]["ResourceSpecification"] | {
                [key: string]: string | string[];
            } | (components["schemas"]["ResourceSpecification"] | {
                [key: string]: string | string[];
            })[];
            /** After */
            after?: string[];
            /** Expect */
            expect?: string[];
            /** For Each */
            for_each?: string[];
            /**
             * Posture
             * @enum {string}
             */
            posture: "Reactive" | "Proactive";
            /**
             * Threshold
             * @default 1
             */
            threshold: number;
            /**
             * Within
             * @default 0
             */
            within: number;
        };
        /** ExplainedStatement */
        ExplainedStatement: {
            /** Strategy */
            strategy: string;
            /** Sql */
            sql: string;
            /** Parameters */
            parameters: unknown[];
            /** Plan */
            plan: unknown;
        };
        /** Explanation */
        Explanation: {
            /** Database */
            database: string;
            /** Statements */
            statements: components["schemas"]["ExplainedStatement"][];
        };
        /**
         * ExportFormat
         * @enum {string}
         */
        ExportFormat: "ndjson" | "csv";
        /** FiringAction */
        FiringAction: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Position */
            position: number;
            /** Type */
            type: string;
            /** Action */
            action: {
                [key: string]: unknown;
            };
            status: components["schemas"]["ActionStatus"];
            /** Attempts */
            attempts: number;
            /** Due */
            due: string | null;
            /** Started */
            started: string | null;
            /** Finished */
            finished: string | null;
            /** Error */
            error: string | null;
            /** Result */
            result: {
                [key: string]: unknown;
            } | null;
        };
        /** Flow */
        Flow: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example sync-orders
             */
            name: string;
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
        };
        /** FlowBulkDeleteResponse */
        FlowBulkDeleteResponse: {
            /** Deleted */
            deleted?: string[];
        };
        /** FlowCreate */
        FlowCreate: {
            /**
             * Name
             * @example sync-orders
             */
            name: string;
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
        };
        /** FlowFilter */
        FlowFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["FlowFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["FlowFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["FlowFilter"][] | null;
            id?: components["schemas"]["FlowFilterId"] | null;
            deployment?: components["schemas"]["FlowFilterDeployment"] | null;
            name?: components["schemas"]["FlowFilterName"] | null;
            tags?: components["schemas"]["FlowFilterTags"] | null;
        };
        /** FlowFilterDeployment */
        FlowFilterDeployment: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowFilterId */
        FlowFilterId: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /** FlowFilterName */
        FlowFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
        };
        /** FlowFilterTags */
        FlowFilterTags: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All */
            all_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowPaginationResponse */
        FlowPaginationResponse: {
            /** Results */
            results: components["schemas"]["Flow"][];
            /** Count */
            count: number;
            /** Limit */
            limit: number;
            /** Pages */
            pages: number;
            /** Page */
            page: number;
        };
        /** FlowRun */
        FlowRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example gentle-otter
             */
            name?: string;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /** State Id */
            state_id?: string | null;
            /** Deployment Id */
            deployment_id?: string | null;
            /**
             * Deployment Version
             * @example 1.0
             */
            deployment_version?: string | null;
            /** Work Queue Id */
            work_queue_id?: string | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /**
             * Flow Version
             * @example 1.0
             */
            flow_version?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Idempotency Key */
            idempotency_key?: string | null;
            /** Context */
            context?: {
                [key: string]: unknown;
            };
            empirical_policy?: components["schemas"]["FlowRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            /** Parent Task Run Id */
            parent_task_run_id?: string | null;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /**
             * Run Count
             * @default 0
             */
            run_count: number;
            /** Expected Start Time */
            expected_start_time?: string | null;
            /** Next Scheduled Start Time */
            next_scheduled_start_time?: string | null;
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            /**
             * Auto Scheduled
             * @default false
             */
            auto_scheduled: boolean;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            /** Infrastructure Pid */
            infrastructure_pid?: string | null;
            created_by?: components["schemas"]["CreatedBy"] | null;
            state?: components["schemas"]["State"] | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
        };
        /** FlowRunBulkCreateResponse */
        FlowRunBulkCreateResponse: {
            /** Results */
            results?: components["schemas"]["FlowRunCreateResult"][];
        };
        /** FlowRunBulkDeleteResponse */
        FlowRunBulkDeleteResponse: {
            /** Deleted */
            deleted?: string[];
        };
        /** FlowRunBulkSetStateResponse */
        FlowRunBulkSetStateResponse: {
            /** Results */
            results?: components["schemas"]["FlowRunOrchestrationResult"][];
        };
        /** FlowRunCreate */
        FlowRunCreate: {
            state?: components["schemas"]["StateCreate"] | null;
            /**
             * Name
             * @example gentle-otter
             */
            name?: string;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /** Flow Version */
            flow_version?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Context */
            context?: {
                [key: string]: unknown;
            };
            /** Parent Task Run Id */
            parent_task_run_id?: string | null;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            empirical_policy?: components["schemas"]["FlowRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            /** Idempotency Key */
            idempotency_key?: string | null;
            /** Work Pool Name */
            work_pool_name?: string | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
            /**
             * Deployment Id
             * @deprecated
             */
            deployment_id?: string | null;
        };
        /** FlowRunCreateResult */
        FlowRunCreateResult: {
            /** Flow Run Id */
            flow_run_id?: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "CREATED" | "FAILED";
            /** Error */
            error?: string | null;
        };
        /** FlowRunFilter */
        FlowRunFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["FlowRunFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["FlowRunFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["FlowRunFilter"][] | null;
            id?: components["schemas"]["FlowRunFilterId"] | null;
            name?: components["schemas"]["FlowRunFilterName"] | null;
            tags?: components["schemas"]["FlowRunFilterTags"] | null;
            deployment_id?: components["schemas"]["FlowRunFilterDeploymentId"] | null;
            work_queue_name?: components["schemas"]["FlowRunFilterWorkQueueName"] | null;
            state?: components["schemas"]["FlowRunFilterState"] | null;
            flow_version?: components["schemas"]["FlowRunFilterFlowVersion"] | null;
            start_time?: components["schemas"]["FlowRunFilterStartTime"] | null;
            end_time?: components["schemas"]["FlowRunFilterEndTime"] | null;
            expected_start_time?: components["schemas"]["FlowRunFilterExpectedStartTime"] | null;
            next_scheduled_start_time?: components["schemas"]["FlowRunFilterNextScheduledStartTime"] | null;
            parent_flow_run_id?: components["schemas"]["FlowRunFilterParentFlowRunId"] | null;
            parent_task_run_id?: components["schemas"]["FlowRunFilterParentTaskRunId"] | null;
            idempotency_key?: components["schemas"]["FlowRunFilterIdempotencyKey"] | null;
            created_by?: components["schemas"]["FlowRunFilterCreatedBy"] | null;
        };
        /** FlowRunFilterCreatedBy */
        FlowRunFilterCreatedBy: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Id */
            id_?: string[] | null;
            /** Type */
            type_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunFilterDeploymentId */
        FlowRunFilterDeploymentId: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunFilterEndTime */
        FlowRunFilterEndTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunFilterExpectedStartTime */
        FlowRunFilterExpectedStartTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
        };
        /** FlowRunFilterFlowVersion */
        FlowRunFilterFlowVersion: {
            /** Any */
            any_?: string[] | null;
        };
        /** FlowRunFilterId */
        FlowRunFilterId: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /** FlowRunFilterIdempotencyKey */
        FlowRunFilterIdempotencyKey: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /** FlowRunFilterName */
        FlowRunFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
        };
        /** FlowRunFilterNextScheduledStartTime */
        FlowRunFilterNextScheduledStartTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
        };
        /** FlowRunFilterParentFlowRunId */
        FlowRunFilterParentFlowRunId: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Any */
            any_?: string[] | null;
        };
        /** FlowRunFilterParentTaskRunId */
        FlowRunFilterParentTaskRunId: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunFilterStartTime */
        FlowRunFilterStartTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunFilterState */
        FlowRunFilterState: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            type?: components["schemas"]["FlowRunFilterStateType"] | null;
            name?: components["schemas"]["FlowRunFilterStateName"] | null;
        };
        /** FlowRunFilterStateName */
        FlowRunFilterStateName: {
            /** Any */
            any_?: string[] | null;
            /** Not Any */
            not_any_?: string[] | null;
        };
        /** FlowRunFilterStateType */
        FlowRunFilterStateType: {
            /** Any */
            any_?: components["schemas"]["StateType"][] | null;
            /** Not Any */
            not_any_?: components["schemas"]["StateType"][] | null;
        };
        /** FlowRunFilterTags */
        FlowRunFilterTags: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All */
            all_?: string[] | null;
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunFilterWorkQueueName */
        FlowRunFilterWorkQueueName: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** FlowRunInput */
        FlowRunInput: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Flow Run Id
             * Format: uuid
             */
            flow_run_id: string;
            /** Key */
            key: string;
            /** Value */
            value: string;
            /** Sender */
            sender?: string | null;
        };
        /** FlowRunOrchestrationResult */
        FlowRunOrchestrationResult: {
            /**
             * Flow Run Id
             * Format: uuid
             */
            flow_run_id: string;
            status: components["schemas"]["SetStateStatus"];
            state?: components["schemas"]["State"] | null;
            /** Details */
            details: components["schemas"]["StateAcceptDetails"] | components["schemas"]["StateWaitDetails"] | components["schemas"]["StateRejectDetails"] | components["schemas"]["StateAbortDetails"];
        };
        /** FlowRunPaginationResponse */
        FlowRunPaginationResponse: {
            /** Results */
            results: components["schemas"]["FlowRunResponse"][];
            /** Count */
            count: number;
            /** Limit */
            limit: number;
            /** Pages */
            pages: number;
            /** Page */
            page: number;
        };
        /** FlowRunPolicy */
        FlowRunPolicy: {
            /**
             * Max Retries
             * @deprecated
             * @default 0
             */
            max_retries: number;
            /**
             * Retry Delay Seconds
             * @deprecated
             * @default 0
             */
            retry_delay_seconds: number;
            /** Retries */
            retries?: number | null;
            /** Retry Delay */
            retry_delay?: number | null;
            /** Pause Keys */
            pause_keys?: string[] | null;
            /**
             * Resuming
             * @default false
             */
            resuming: boolean | null;
            /** Retry Type */
            retry_type?: ("in_process" | "reschedule") | null;
        };
        /** FlowRunResponse */
        FlowRunResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example gentle-otter
             */
            name?: string;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /** State Id */
            state_id?: string | null;
            /** Deployment Id */
            deployment_id?: string | null;
            /**
             * Deployment Version
             * @example 1.0
             */
            deployment_version?: string | null;
            /** Work Queue Id */
            work_queue_id?: string | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /**
             * Flow Version
             * @example 1.0
             */
            flow_version?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Idempotency Key */
            idempotency_key?: string | null;
            /** Context */
            context?: {
                [key: string]: unknown;
            };
            empirical_policy?: components["schemas"]["FlowRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            };
            /** Parent Task Run Id */
            parent_task_run_id?: string | null;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /**
             * Run Count
             * @default 0
             */
            run_count: number;
            /** Expected Start Time */
            expected_start_time?: string | null;
            /** Next Scheduled Start Time */
            next_scheduled_start_time?: string | null;
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            /**
             * Auto Scheduled
             * @default false
             */
            auto_scheduled: boolean;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            /** Infrastructure Pid */
            infrastructure_pid?: string | null;
            created_by?: components["schemas"]["CreatedBy"] | null;
            state?: components["schemas"]["State"] | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
            /** Work Pool Id */
            work_pool_id?: string | null;
            /**
             * Work Pool Name
             * @example on-demand
             */
            work_pool_name?: string | null;
        };
        /** FlowRunResult */
        FlowRunResult: {
            /**
             * Input Type
             * @default flow_run
             * @constant
             */
            input_type: "flow_run";
            /**
             * Id
             * Format: uuid
             */
            id: string;
        };
        /** FlowRunSlotSummary */
        FlowRunSlotSummary: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /** Start Time */
            start_time?: string | null;
            /** State Timestamp */
            state_timestamp?: string | null;
            /** Time In Current State */
            time_in_current_state?: number | null;
        };
        /**
         * FlowRunSort
         * @enum {string}
         */
        FlowRunSort: "ID_DESC" | "START_TIME_ASC" | "START_TIME_DESC" | "EXPECTED_START_TIME_ASC" | "EXPECTED_START_TIME_DESC" | "NAME_ASC" | "NAME_DESC" | "NEXT_SCHEDULED_START_TIME_ASC" | "END_TIME_DESC";
        /** FlowRunUpdate */
        FlowRunUpdate: {
            /** Name */
            name?: string | null;
            /** Flow Version */
            flow_version?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            empirical_policy?: components["schemas"]["FlowRunPolicy"];
            /** Tags */
            tags?: string[];
            /** Infrastructure Pid */
            infrastructure_pid?: string | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * FlowSort
         * @enum {string}
         */
        FlowSort: "CREATED_DESC" | "UPDATED_DESC" | "NAME_ASC" | "NAME_DESC";
        /** FlowUpdate */
        FlowUpdate: {
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
        };
        /** FoundObject */
        FoundObject: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "flow" | "flow_run" | "task_run" | "deployment" | "work_pool";
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Context */
            context: string | null;
        };
        /** GlobalConcurrencyLimitResponse */
        GlobalConcurrencyLimitResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Active
             * @default true
             */
            active: boolean;
            /** Name */
            name: string;
            /** Limit */
            limit: number;
            /** Active Slots */
            active_slots: number;
            /**
             * Slot Decay Per Second
             * @default 2
             */
            slot_decay_per_second: number;
        };
        /** Graph */
        Graph: {
            /** Start Time */
            start_time: string | null;
            /** End Time */
            end_time: string | null;
            /** Root Node Ids */
            root_node_ids: string[];
            /** Nodes */
            nodes: [
                string,
                components["schemas"]["Node"]
            ][];
            /** Artifacts */
            artifacts: components["schemas"]["GraphArtifact"][];
            /** States */
            states: components["schemas"]["GraphState"][];
        };
        /** GraphArtifact */
        GraphArtifact: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /** Key */
            key: string | null;
            /** Type */
            type: string | null;
            /** Is Latest */
            is_latest: boolean;
            /** Data */
            data: unknown | null;
        };
        /** GraphState */
        GraphState: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp: string;
            type: components["schemas"]["StateType"];
            /** Name */
            name: string;
        };
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /** HeldSlots */
        HeldSlots: {
            /**
             * Lease Id
             * Format: uuid
             */
            lease_id: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * Until
             * Format: date-time
             */
            until: string;
            /** Slots */
            slots: number;
            /** Type */
            type: string | null;
            /** Id */
            id: string | null;
            /** Name */
            name: string | null;
        };
        /** HistoryResponse */
        HistoryResponse: {
            /**
             * Interval Start
             * Format: date-time
             */
            interval_start: string;
            /**
             * Interval End
             * Format: date-time
             */
            interval_end: string;
            /** States */
            states: components["schemas"]["HistoryResponseState"][];
        };
        /** HistoryResponseState */
        HistoryResponseState: {
            state_type: components["schemas"]["StateType"];
            /** State Name */
            state_name: string;
            /** Count Runs */
            count_runs: number;
            /** Sum Estimated Run Time */
            sum_estimated_run_time: number;
            /** Sum Estimated Lateness */
            sum_estimated_lateness: number;
        };
        /** Home */
        Home: {
            failed: components["schemas"]["Attention"];
            late: components["schemas"]["Attention"];
            paused: components["schemas"]["Attention"];
            running: components["schemas"]["Attention"];
            scheduled: components["schemas"]["Attention"];
            /** Work Pools */
            work_pools: components["schemas"]["WorkPoolResponse"][];
            /** Limits */
            limits: components["schemas"]["GlobalConcurrencyLimitResponse"][];
        };
        /** IntervalSchedule */
        "IntervalSchedule-Input": {
            /** Interval */
            interval: number | string;
            /**
             * Anchor Date
             * Format: date-time
             * @example 2026-01-01T00:00:00Z
             */
            anchor_date?: string;
            /**
             * Timezone
             * @example Europe/Berlin
             */
            timezone?: string | null;
        };
        /** IntervalSchedule */
        "IntervalSchedule-Output": {
            /** Interval */
            interval: number;
            /**
             * Anchor Date
             * Format: date-time
             * @example 2026-01-01T00:00:00Z
             */
            anchor_date?: string;
            /**
             * Timezone
             * @example Europe/Berlin
             */
            timezone?: string | null;
        };
        /** Log */
        Log: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example prefect.flow_runs
             */
            name: string;
            /**
             * Level
             * @example 20
             */
            level: number;
            /** Message */
            message: string;
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Run Id */
            task_run_id?: string | null;
        };
        /** LogCreate */
        LogCreate: {
            /**
             * Name
             * @example prefect.flow_runs
             */
            name: string;
            /**
             * Level
             * @example 20
             */
            level: number;
            /** Message */
            message: string;
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Run Id */
            task_run_id?: string | null;
        };
        /** LogFilter */
        LogFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["LogFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["LogFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["LogFilter"][] | null;
            level?: components["schemas"]["LogFilterLevel"] | null;
            timestamp?: components["schemas"]["LogFilterTimestamp"] | null;
            flow_run_id?: components["schemas"]["LogFilterFlowRunId"] | null;
            task_run_id?: components["schemas"]["LogFilterTaskRunId"] | null;
            text?: components["schemas"]["LogFilterTextSearch"] | null;
        };
        /** LogFilterFlowRunId */
        LogFilterFlowRunId: {
            /** Any */
            any_?: string[] | null;
        };
        /** LogFilterLevel */
        LogFilterLevel: {
            /** Ge */
            ge_?: number | null;
            /** Le */
            le_?: number | null;
        };
        /** LogFilterTaskRunId */
        LogFilterTaskRunId: {
            /** Any */
            any_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** LogFilterTextSearch */
        LogFilterTextSearch: {
            /** Query */
            query: string;
        };
        /** LogFilterTimestamp */
        LogFilterTimestamp: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
        };
        /**
         * LogSort
         * @enum {string}
         */
        LogSort: "TIMESTAMP_ASC" | "TIMESTAMP_DESC";
        /** Login */
        Login: {
            /**
             * Auth String
             * Format: password
             */
            auth_string: string;
        };
        /** MinimalConcurrencyLimitResponse */
        MinimalConcurrencyLimitResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Limit */
            limit: number;
        };
        /** NamedFlowRun */
        NamedFlowRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example gentle-otter
             */
            name?: string;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /** State Id */
            state_id?: string | null;
            /** Deployment Id */
            deployment_id?: string | null;
            /**
             * Deployment Version
             * @example 1.0
             */
            deployment_version?: string | null;
            /** Work Queue Id */
            work_queue_id?: string | null;
            /** Work Queue Name */
            work_queue_name?: string | null;
            /**
             * Flow Version
             * @example 1.0
             */
            flow_version?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            };
            /** Idempotency Key */
            idempotency_key?: string | null;
            /** Context */
            context?: {
                [key: string]: unknown;
            };
            empirical_policy?: components["schemas"]["FlowRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            };
            /** Parent Task Run Id */
            parent_task_run_id?: string | null;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /**
             * Run Count
             * @default 0
             */
            run_count: number;
            /** Expected Start Time */
            expected_start_time?: string | null;
            /** Next Scheduled Start Time */
            next_scheduled_start_time?: string | null;
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            /**
             * Auto Scheduled
             * @default false
             */
            auto_scheduled: boolean;
            /** Infrastructure Document Id */
            infrastructure_document_id?: string | null;
            /** Infrastructure Pid */
            infrastructure_pid?: string | null;
            created_by?: components["schemas"]["CreatedBy"] | null;
            state?: components["schemas"]["State"] | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
            /** Work Pool Id */
            work_pool_id?: string | null;
            /**
             * Work Pool Name
             * @example on-demand
             */
            work_pool_name?: string | null;
            /** Flow Name */
            flow_name: string | null;
            /** Deployment Name */
            deployment_name: string | null;
            /** Task Run Count */
            task_run_count: number;
        };
        /** NamedTaskRun */
        NamedTaskRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example extract-0
             */
            name?: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Key */
            task_key: string;
            /** State Id */
            state_id?: string | null;
            /** Task Version */
            task_version?: string | null;
            /** Task Inputs */
            task_inputs?: {
                [key: string]: (components["schemas"]["TaskRunResult"] | components["schemas"]["FlowRunResult"] | components["schemas"]["Parameter"] | components["schemas"]["Constant"])[];
            };
            empirical_policy?: components["schemas"]["TaskRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            state?: components["schemas"]["State"] | null;
            /** Dynamic Key */
            dynamic_key: string;
            /** Cache Key */
            cache_key?: string | null;
            /** Cache Expiration */
            cache_expiration?: string | null;
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /**
             * Run Count
             * @default 0
             */
            run_count: number;
            /**
             * Flow Run Run Count
             * @default 0
             */
            flow_run_run_count: number;
            /** Expected Start Time */
            expected_start_time?: string | null;
            /** Next Scheduled Start Time */
            next_scheduled_start_time?: string | null;
            /** Flow Run Name */
            flow_run_name: string | null;
            /** Flow Id */
            flow_id: string | null;
            /** Flow Name */
            flow_name: string | null;
        };
        /** Node */
        Node: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "flow-run" | "task-run";
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Label */
            label: string;
            state_type: components["schemas"]["StateType"];
            /**
             * Start Time
             * Format: date-time
             */
            start_time: string;
            /** End Time */
            end_time: string | null;
            /** Parents */
            parents: components["schemas"]["Edge"][];
            /** Children */
            children: components["schemas"]["Edge"][];
            /** Encapsulating */
            encapsulating: components["schemas"]["Edge"][];
            /** Artifacts */
            artifacts: components["schemas"]["GraphArtifact"][];
        };
        /** ObservedState */
        ObservedState: {
            /** State Type */
            state_type: string;
            /** State Name */
            state_name: string;
            /**
             * First Seen
             * Format: date-time
             */
            first_seen: string;
            /**
             * Last Seen
             * Format: date-time
             */
            last_seen: string;
        };
        /**
         * ObservedStateSort
         * @enum {string}
         */
        ObservedStateSort: "NAME_ASC" | "LAST_SEEN_DESC";
        /**
         * Operator
         * @enum {string}
         */
        Operator: "and_" | "or_";
        /** OrchestrationResult */
        OrchestrationResult: {
            state: components["schemas"]["State"] | null;
            status: components["schemas"]["SetStateStatus"];
            /** Details */
            details: components["schemas"]["StateAcceptDetails"] | components["schemas"]["StateWaitDetails"] | components["schemas"]["StateRejectDetails"] | components["schemas"]["StateAbortDetails"];
        };
        /** Parameter */
        Parameter: {
            /**
             * Input Type
             * @default parameter
             * @constant
             */
            input_type: "parameter";
            /** Name */
            name: string;
        };
        /** PauseAutomation */
        PauseAutomation: {
            /**
             * Type
             * @default pause-automation
             * @constant
             */
            type: "pause-automation";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Automation Id */
            automation_id?: string | null;
        };
        /** PauseDeployment */
        PauseDeployment: {
            /**
             * Type
             * @default pause-deployment
             * @constant
             */
            type: "pause-deployment";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Deployment Id */
            deployment_id?: string | null;
        };
        /** PauseWorkPool */
        PauseWorkPool: {
            /**
             * Type
             * @default pause-work-pool
             * @constant
             */
            type: "pause-work-pool";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Work Pool Id */
            work_pool_id?: string | null;
        };
        /** PauseWorkQueue */
        PauseWorkQueue: {
            /**
             * Type
             * @default pause-work-queue
             * @constant
             */
            type: "pause-work-queue";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Work Queue Id */
            work_queue_id?: string | null;
        };
        /** QueueFilter */
        QueueFilter: {
            /** Tags */
            tags?: string[] | null;
            /** Deployment Ids */
            deployment_ids?: string[] | null;
        };
        /** RRuleSchedule */
        RRuleSchedule: {
            /**
             * Rrule
             * @example FREQ=WEEKLY;BYDAY=MO
             */
            rrule: string;
            /**
             * Timezone
             * @default UTC
             * @example Europe/Berlin
             */
            timezone: string | null;
        };
        /** ReceivedEvent */
        ReceivedEvent: {
            /**
             * Occurred
             * Format: date-time
             */
            occurred: string;
            /**
             * Event
             * @example prefect.flow-run.Completed
             */
            event: string;
            resource: components["schemas"]["Resource"];
            /** Related */
            related?: components["schemas"]["RelatedResource"][];
            /** Payload */
            payload?: {
                [key: string]: unknown;
            };
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Follows */
            follows?: string | null;
            /**
             * Received
             * Format: date-time
             */
            received?: string;
        };
        /** RelatedResource */
        RelatedResource: {
            [key: string]: string;
        };
        /** Resource */
        Resource: {
            [key: string]: string;
        };
        /** ResourceSpecification */
        ResourceSpecification: {
            [key: string]: string | string[];
        };
        /** ResumeAutomation */
        ResumeAutomation: {
            /**
             * Type
             * @default resume-automation
             * @constant
             */
            type: "resume-automation";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Automation Id */
            automation_id?: string | null;
        };
        /** ResumeDeployment */
        ResumeDeployment: {
            /**
             * Type
             * @default resume-deployment
             * @constant
             */
            type: "resume-deployment";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Deployment Id */
            deployment_id?: string | null;
        };
        /** ResumeFlowRun */
        ResumeFlowRun: {
            /**
             * Type
             * @default resume-flow-run
             * @constant
             */
            type: "resume-flow-run";
        };
        /** ResumeWorkPool */
        ResumeWorkPool: {
            /**
             * Type
             * @default resume-work-pool
             * @constant
             */
            type: "resume-work-pool";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Work Pool Id */
            work_pool_id?: string | null;
        };
        /** ResumeWorkQueue */
        ResumeWorkQueue: {
            /**
             * Type
             * @default resume-work-queue
             * @constant
             */
            type: "resume-work-queue";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Work Queue Id */
            work_queue_id?: string | null;
        };
        /** RunDeployment */
        "RunDeployment-Input": {
            /**
             * Type
             * @default run-deployment
             * @constant
             */
            type: "run-deployment";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Deployment Id */
            deployment_id?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
            /** Schedule After */
            schedule_after?: number | string;
        };
        /** RunDeployment */
        "RunDeployment-Output": {
            /**
             * Type
             * @default run-deployment
             * @constant
             */
            type: "run-deployment";
            /**
             * Source
             * @default selected
             * @enum {string}
             */
            source: "selected" | "inferred";
            /** Deployment Id */
            deployment_id?: string | null;
            /** Parameters */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /** Job Variables */
            job_variables?: {
                [key: string]: unknown;
            } | null;
            /** Schedule After */
            schedule_after?: number;
        };
        /** SavedSearch */
        SavedSearch: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /** Filters */
            filters?: components["schemas"]["SavedSearchFilter"][];
        };
        /** SavedSearchCreate */
        SavedSearchCreate: {
            /** Name */
            name: string;
            /** Filters */
            filters?: components["schemas"]["SavedSearchFilter"][];
        };
        /** SavedSearchFilter */
        SavedSearchFilter: {
            /**
             * Object
             * @example flow_run
             */
            object: string;
            /**
             * Property
             * @example name
             */
            property: string;
            /**
             * Type
             * @example string
             */
            type: string;
            /**
             * Operation
             * @example equals
             */
            operation: string;
            /**
             * Value
             * @example nightly
             */
            value: unknown;
        };
        /** SchemaValueIndexError */
        SchemaValueIndexError: {
            /** Index */
            index: number;
            /** Errors */
            errors: (string | components["schemas"]["SchemaValuePropertyError"] | components["schemas"]["SchemaValueIndexError"])[];
        };
        /** SchemaValuePropertyError */
        SchemaValuePropertyError: {
            /** Property */
            property: string;
            /** Errors */
            errors: (string | components["schemas"]["SchemaValuePropertyError"] | components["schemas"]["SchemaValueIndexError"])[];
        };
        /** SchemaValuesValidationResponse */
        SchemaValuesValidationResponse: {
            /** Errors */
            errors: (string | components["schemas"]["SchemaValuePropertyError"] | components["schemas"]["SchemaValueIndexError"])[];
            /** Valid */
            valid: boolean;
        };
        /** SendNotification */
        SendNotification: {
            /**
             * Type
             * @default send-notification
             * @constant
             */
            type: "send-notification";
            /**
             * Block Document Id
             * Format: uuid
             */
            block_document_id: string;
            /**
             * Subject
             * @default Prefect automated notification
             */
            subject: string;
            /** Body */
            body: string;
        };
        /** SequenceTrigger */
        "SequenceTrigger-Input": {
            /**
             * Type
             * @default sequence
             * @constant
             */
            type: "sequence";
            /**
             * Id
             * Format: uuid
             */
            id?: string;
            /** Triggers */
            triggers: (components["schemas"]["EventTrigger-Input"] | components["schemas"]["CompoundTrigger-Input"] | components["schemas"]["SequenceTrigger-Input"])[];
            /** Within */
            within: number | string | null;
        };
        /** SequenceTrigger */
        "SequenceTrigger-Output": {
            /**
             * Type
             * @default sequence
             * @constant
             */
            type: "sequence";
            /**
             * Id
             * Format: uuid
             */
            id?: string;
            /** Triggers */
            triggers: (components["schemas"]["EventTrigger-Output"] | components["schemas"]["CompoundTrigger-Output"] | components["schemas"]["SequenceTrigger-Output"])[];
            /** Within */
            within: number | null;
        };
        /** ServerDefaultResultStorage */
        ServerDefaultResultStorage: {
            /** Default Result Storage Block Id */
            default_result_storage_block_id?: string | null;
        };
        /** ServerDefaultResultStorageUpdate */
        ServerDefaultResultStorageUpdate: {
            /**
             * Default Result Storage Block Id
             * Format: uuid
             */
            default_result_storage_block_id: string;
        };
        /** ServiceRun */
        ServiceRun: {
            /** Name */
            name: string;
            /**
             * Started
             * Format: date-time
             */
            started: string;
            /** Seconds */
            seconds: number | null;
            /** Error */
            error: string | null;
            /** Is Behind */
            is_behind: boolean;
        };
        /**
         * SetStateStatus
         * @enum {string}
         */
        SetStateStatus: "ACCEPT" | "REJECT" | "ABORT" | "WAIT";
        /** SimpleFlowRun */
        SimpleFlowRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            state_type: components["schemas"]["StateType"];
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp: string;
            /** Duration */
            duration: number;
            /** Lateness */
            lateness: number;
        };
        /** SimpleNextFlowRun */
        SimpleNextFlowRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Flow Id
             * Format: uuid
             */
            flow_id: string;
            /** Name */
            name: string;
            /** State Name */
            state_name: string;
            state_type: components["schemas"]["StateType"];
            /**
             * Next Scheduled Start Time
             * Format: date-time
             */
            next_scheduled_start_time: string;
        };
        /** SlotHolder */
        SlotHolder: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            state_type: components["schemas"]["StateType"] | null;
            /** Since */
            since: string | null;
        };
        /** State */
        State: {
            type: components["schemas"]["StateType"];
            /** Name */
            name?: string | null;
            /** Message */
            message?: string | null;
            /** Data */
            data?: unknown | null;
            state_details?: components["schemas"]["StateDetails"];
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp?: string;
        };
        /** StateAbortDetails */
        StateAbortDetails: {
            /**
             * Type
             * @default abort_details
             * @constant
             */
            type: "abort_details";
            /** Reason */
            reason?: string | null;
        };
        /** StateAcceptDetails */
        StateAcceptDetails: {
            /**
             * Type
             * @default accept_details
             * @constant
             */
            type: "accept_details";
        };
        /** StateCreate */
        StateCreate: {
            type: components["schemas"]["StateType"];
            /** Name */
            name?: string | null;
            /** Message */
            message?: string | null;
            /** Data */
            data?: unknown | null;
            state_details?: components["schemas"]["StateDetails"];
        };
        /** StateDetails */
        StateDetails: {
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Run Id */
            task_run_id?: string | null;
            /** Child Flow Run Id */
            child_flow_run_id?: string | null;
            /** Scheduled Time */
            scheduled_time?: string | null;
            /** Cache Key */
            cache_key?: string | null;
            /** Cache Expiration */
            cache_expiration?: string | null;
            /**
             * Deferred
             * @default false
             */
            deferred: boolean | null;
            /**
             * Untrackable Result
             * @default false
             */
            untrackable_result: boolean;
            /** Pause Timeout */
            pause_timeout?: string | null;
            /**
             * Pause Reschedule
             * @default false
             */
            pause_reschedule: boolean;
            /** Pause Key */
            pause_key?: string | null;
            /** Run Input Keyset */
            run_input_keyset?: {
                [key: string]: string;
            } | null;
            /** Refresh Cache */
            refresh_cache?: boolean | null;
            /** Retriable */
            retriable?: boolean | null;
            /** Transition Id */
            transition_id?: string | null;
            /** Task Parameters Id */
            task_parameters_id?: string | null;
            /** Traceparent */
            traceparent?: string | null;
            /** Deployment Concurrency Lease Id */
            deployment_concurrency_lease_id?: string | null;
        };
        /** StateRejectDetails */
        StateRejectDetails: {
            /**
             * Type
             * @default reject_details
             * @constant
             */
            type: "reject_details";
            /** Reason */
            reason?: string | null;
        };
        /**
         * StateType
         * @enum {string}
         */
        StateType: "SCHEDULED" | "PENDING" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED" | "CRASHED" | "PAUSED" | "CANCELLING";
        /** StateWaitDetails */
        StateWaitDetails: {
            /**
             * Type
             * @default wait_details
             * @constant
             */
            type: "wait_details";
            /** Delay Seconds */
            delay_seconds: number;
            /** Reason */
            reason?: string | null;
        };
        /** SuspendFlowRun */
        SuspendFlowRun: {
            /**
             * Type
             * @default suspend-flow-run
             * @constant
             */
            type: "suspend-flow-run";
        };
        /** TaskRun */
        TaskRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example extract-0
             */
            name?: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Key */
            task_key: string;
            /** State Id */
            state_id?: string | null;
            /** Task Version */
            task_version?: string | null;
            /** Task Inputs */
            task_inputs?: {
                [key: string]: (components["schemas"]["TaskRunResult"] | components["schemas"]["FlowRunResult"] | components["schemas"]["Parameter"] | components["schemas"]["Constant"])[];
            };
            empirical_policy?: components["schemas"]["TaskRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            state?: components["schemas"]["State"] | null;
            /** Dynamic Key */
            dynamic_key: string;
            /** Cache Key */
            cache_key?: string | null;
            /** Cache Expiration */
            cache_expiration?: string | null;
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /**
             * Run Count
             * @default 0
             */
            run_count: number;
            /**
             * Flow Run Run Count
             * @default 0
             */
            flow_run_run_count: number;
            /** Expected Start Time */
            expected_start_time?: string | null;
            /** Next Scheduled Start Time */
            next_scheduled_start_time?: string | null;
        };
        /** TaskRunCount */
        TaskRunCount: {
            [key: string]: number;
        };
        /** TaskRunCreate */
        TaskRunCreate: {
            /** Id */
            id?: string | null;
            state?: components["schemas"]["StateCreate"] | null;
            /**
             * Name
             * @example extract-0
             */
            name?: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Key */
            task_key: string;
            /** Dynamic Key */
            dynamic_key: string;
            /** Cache Key */
            cache_key?: string | null;
            /** Cache Expiration */
            cache_expiration?: string | null;
            /** Task Version */
            task_version?: string | null;
            empirical_policy?: components["schemas"]["TaskRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            /** Task Inputs */
            task_inputs?: {
                [key: string]: (components["schemas"]["TaskRunResult"] | components["schemas"]["FlowRunResult"] | components["schemas"]["Parameter"] | components["schemas"]["Constant"])[];
            };
        };
        /** TaskRunFilter */
        TaskRunFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["TaskRunFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["TaskRunFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["TaskRunFilter"][] | null;
            id?: components["schemas"]["TaskRunFilterId"] | null;
            name?: components["schemas"]["TaskRunFilterName"] | null;
            tags?: components["schemas"]["TaskRunFilterTags"] | null;
            state?: components["schemas"]["TaskRunFilterState"] | null;
            start_time?: components["schemas"]["TaskRunFilterStartTime"] | null;
            end_time?: components["schemas"]["TaskRunFilterEndTime"] | null;
            expected_start_time?: components["schemas"]["TaskRunFilterExpectedStartTime"] | null;
            subflow_runs?: components["schemas"]["TaskRunFilterSubFlowRuns"] | null;
            flow_run_id?: components["schemas"]["TaskRunFilterFlowRunId"] | null;
        };
        /** TaskRunFilterEndTime */
        TaskRunFilterEndTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** TaskRunFilterExpectedStartTime */
        TaskRunFilterExpectedStartTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
        };
        /** TaskRunFilterFlowRunId */
        TaskRunFilterFlowRunId: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** Any */
            any_?: string[] | null;
            /**
             * Is Null
             * @default false
             */
            is_null_: boolean | null;
        };
        /** TaskRunFilterId */
        TaskRunFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** TaskRunFilterName */
        TaskRunFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
        };
        /** TaskRunFilterStartTime */
        TaskRunFilterStartTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** TaskRunFilterState */
        TaskRunFilterState: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            type?: components["schemas"]["TaskRunFilterStateType"] | null;
            name?: components["schemas"]["TaskRunFilterStateName"] | null;
        };
        /** TaskRunFilterStateName */
        TaskRunFilterStateName: {
            /** Any */
            any_?: string[] | null;
        };
        /** TaskRunFilterStateType */
        TaskRunFilterStateType: {
            /** Any */
            any_?: components["schemas"]["StateType"][] | null;
        };
        /** TaskRunFilterSubFlowRuns */
        TaskRunFilterSubFlowRuns: {
            /** Exists */
            exists_?: boolean | null;
        };
        /** TaskRunFilterTags */
        TaskRunFilterTags: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All */
            all_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /** TaskRunPaginationResponse */
        TaskRunPaginationResponse: {
            /** Results */
            results: components["schemas"]["TaskRunResponse"][];
            /** Count */
            count: number;
            /** Limit */
            limit: number;
            /** Pages */
            pages: number;
            /** Page */
            page: number;
        };
        /** TaskRunPolicy */
        TaskRunPolicy: {
            /**
             * Max Retries
             * @deprecated
             * @default 0
             */
            max_retries: number;
            /**
             * Retry Delay Seconds
             * @deprecated
             * @default 0
             */
            retry_delay_seconds: number;
            /** Retries */
            retries?: number | null;
            /** Retry Delay */
            retry_delay?: number | number[] | number[] | null;
            /** Retry Jitter Factor */
            retry_jitter_factor?: number | null;
        };
        /** TaskRunResponse */
        TaskRunResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example extract-0
             */
            name?: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Key */
            task_key: string;
            /** State Id */
            state_id?: string | null;
            /** Task Version */
            task_version?: string | null;
            /** Task Inputs */
            task_inputs?: {
                [key: string]: (components["schemas"]["TaskRunResult"] | components["schemas"]["FlowRunResult"] | components["schemas"]["Parameter"] | components["schemas"]["Constant"])[];
            };
            empirical_policy?: components["schemas"]["TaskRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            state?: components["schemas"]["State"] | null;
        };
        /** TaskRunResult */
        TaskRunResult: {
            /**
             * Input Type
             * @default task_run
             * @constant
             */
            input_type: "task_run";
            /**
             * Id
             * Format: uuid
             */
            id: string;
        };
        /**
         * TaskRunSort
         * @enum {string}
         */
        TaskRunSort: "ID_DESC" | "EXPECTED_START_TIME_ASC" | "EXPECTED_START_TIME_DESC" | "NAME_ASC" | "NAME_DESC" | "NEXT_SCHEDULED_START_TIME_ASC" | "END_TIME_DESC" | "DURATION_DESC" | "DURATION_ASC";
        /** TaskRunUpdate */
        TaskRunUpdate: {
            /**
             * Name
             * @example extract-0
             */
            name?: string;
        };
        /** TaskWorkerFilter */
        TaskWorkerFilter: {
            /** Task Keys */
            task_keys: string[];
        };
        /** TaskWorkerResponse */
        TaskWorkerResponse: {
            /** Identifier */
            identifier: string;
            /** Task Keys */
            task_keys: string[];
            /**
             * Timestamp
             * Format: date-time
             */
            timestamp: string;
        };
        /**
         * TimeUnit
         * @enum {string}
         */
        TimeUnit: "week" | "day" | "hour" | "minute" | "second";
        /** UITaskRun */
        UITaskRun: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example extract-0
             */
            name?: string;
            /** Flow Run Id */
            flow_run_id?: string | null;
            /** Task Key */
            task_key: string;
            /** State Id */
            state_id?: string | null;
            /** Task Version */
            task_version?: string | null;
            /** Task Inputs */
            task_inputs?: {
                [key: string]: (components["schemas"]["TaskRunResult"] | components["schemas"]["FlowRunResult"] | components["schemas"]["Parameter"] | components["schemas"]["Constant"])[];
            };
            empirical_policy?: components["schemas"]["TaskRunPolicy"];
            /**
             * Tags
             * @example [
             *       "nightly",
             *       "etl"
             *     ]
             */
            tags?: string[];
            /** Start Time */
            start_time?: string | null;
            /** End Time */
            end_time?: string | null;
            /**
             * Total Run Time
             * @default 0
             */
            total_run_time: number;
            /**
             * Estimated Run Time
             * @default 0
             */
            estimated_run_time: number;
            /**
             * Estimated Start Time Delta
             * @default 0
             */
            estimated_start_time_delta: number;
            state?: components["schemas"]["State"] | null;
            /** Dynamic Key */
            dynamic_key: string;
            /** Cache Key */
            cache_key?: string | null;
            /** Cache Expiration */
            cache_expiration?: string | null;
            /**
             * Labels
             * @example {
             *       "team": "data"
             *     }
             */
            labels?: {
                [key: string]: boolean | number | string;
            } | null;
            state_type?: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name?: string | null;
            /**
             * Run Count
             * @default 0
             */
            run_count: number;
            /**
             * Flow Run Run Count
             * @default 0
             */
            flow_run_run_count: number;
            /** Expected Start Time */
            expected_start_time?: string | null;
            /** Next Scheduled Start Time */
            next_scheduled_start_time?: string | null;
            /** Flow Run Name */
            flow_run_name?: string | null;
        };
        /** UpdatedBy */
        UpdatedBy: {
            /** Id */
            id?: string | null;
            /** Type */
            type?: string | null;
            /** Display Value */
            display_value?: string | null;
        };
        /** ValidationError */
        ValidationError: {
            /** Location */
            loc: (string | number)[];
            /** Message */
            msg: string;
            /** Error Type */
            type: string;
            /** Input */
            input?: unknown;
            /** Context */
            ctx?: Record<string, never>;
        };
        /** Variable */
        Variable: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /**
             * Name
             * @example api_url
             */
            name: string;
            /**
             * Value
             * @example https://example.org
             */
            value: string | number | boolean | {
                [key: string]: unknown;
            } | unknown[] | null;
            /**
             * Tags
             * @example [
             *       "production"
             *     ]
             */
            tags?: string[];
        };
        /** VariableCreate */
        VariableCreate: {
            /**
             * Name
             * @example api_url
             */
            name: string;
            /**
             * Value
             * @example https://example.org
             */
            value: string | number | boolean | {
                [key: string]: unknown;
            } | unknown[] | null;
            /**
             * Tags
             * @example [
             *       "production"
             *     ]
             */
            tags?: string[];
        };
        /** VariableFilter */
        VariableFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["VariableFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["VariableFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["VariableFilter"][] | null;
            id?: components["schemas"]["VariableFilterId"] | null;
            name?: components["schemas"]["VariableFilterName"] | null;
            tags?: components["schemas"]["VariableFilterTags"] | null;
        };
        /** VariableFilterId */
        VariableFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** VariableFilterName */
        VariableFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Like */
            like_?: string | null;
        };
        /** VariableFilterTags */
        VariableFilterTags: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All */
            all_?: string[] | null;
            /** Is Null */
            is_null_?: boolean | null;
        };
        /**
         * VariableSort
         * @enum {string}
         */
        VariableSort: "CREATED_DESC" | "UPDATED_DESC" | "NAME_DESC" | "NAME_ASC";
        /** VariableUpdate */
        VariableUpdate: {
            /**
             * Name
             * @example api_url
             */
            name?: string | null;
            /**
             * Value
             * @example https://example.org
             */
            value?: string | number | boolean | {
                [key: string]: unknown;
            } | unknown[] | null;
            /**
             * Tags
             * @example [
             *       "production"
             *     ]
             */
            tags?: string[] | null;
        };
        /** VersionInfo */
        VersionInfo: {
            /** Type */
            type: string;
            /** Version */
            version: string;
        } & {
            [key: string]: unknown;
        };
        /** Wait */
        Wait: {
            /**
             * Run Id
             * Format: uuid
             */
            run_id: string;
            /** State Name */
            state_name: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /** Until */
            until: string | null;
        };
        /** Waiting */
        Waiting: {
            /**
             * Flow Run Id
             * Format: uuid
             */
            flow_run_id: string;
            state_type: components["schemas"]["StateType"] | null;
            /** State Name */
            state_name: string | null;
            /** Since */
            since: string | null;
            /** Reasons */
            reasons: components["schemas"]["WaitingReason"][];
        };
        /** WaitingObject */
        WaitingObject: {
            /**
             * Kind
             * @example work_pool
             * @example work_queue
             * @example deployment
             */
            kind: string;
            /** Id */
            id: string;
            /** Name */
            name: string | null;
        };
        /** WaitingReason */
        WaitingReason: {
            /**
             * Code
             * @example not_due
             * @example no_worker
             * @example limit_full
             */
            code: string;
            /** Message */
            message: string;
            object: components["schemas"]["WaitingObject"] | null;
            /** Since */
            since: string | null;
            /** Until */
            until: string | null;
            /** Holders */
            holders: components["schemas"]["SlotHolder"][];
        };
        /** Webhook */
        Webhook: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /** Description */
            description: string;
            /** Enabled */
            enabled: boolean;
            template: components["schemas"]["WebhookTemplate"];
            /** Requests Per Minute */
            requests_per_minute: number;
            /** Last Used */
            last_used: string | null;
        };
        /** WebhookCreate */
        WebhookCreate: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            template?: components["schemas"]["WebhookTemplate"];
            /**
             * Requests Per Minute
             * @default 600
             */
            requests_per_minute: number;
        };
        /** WebhookTemplate */
        WebhookTemplate: {
            /**
             * Event
             * @default webhook.received
             */
            event: string;
            /**
             * Resource
             * @default {
             *       "prefect.resource.id": "webhook.{{ webhook.name }}"
             *     }
             */
            resource: {
                [key: string]: string;
            };
            /** Related */
            related?: {
                [key: string]: string;
            }[];
            /** Payload */
            payload?: {
                [key: string]: unknown;
            } | null;
            /** Id */
            id?: string | null;
            /** Occurred */
            occurred?: string | null;
        };
        /** WebhookUpdate */
        WebhookUpdate: {
            /**
             * Description
             * @default
             */
            description: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            template?: components["schemas"]["WebhookTemplate"];
            /**
             * Requests Per Minute
             * @default 600
             */
            requests_per_minute: number;
        };
        /** WebhookWithToken */
        WebhookWithToken: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /** Description */
            description: string;
            /** Enabled */
            enabled: boolean;
            template: components["schemas"]["WebhookTemplate"];
            /** Requests Per Minute */
            requests_per_minute: number;
            /** Last Used */
            last_used: string | null;
            /** Token */
            token: string;
        };
        /** WorkPoolConcurrencyStatus */
        WorkPoolConcurrencyStatus: {
            /** Active Slots */
            active_slots: number;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /** Queues */
            queues?: components["schemas"]["WorkQueueConcurrencyStatusDetail"][];
            /** Count */
            count: number;
            /** Limit */
            limit: number;
            /** Pages */
            pages: number;
            /** Page */
            page: number;
        };
        /** WorkPoolCreate */
        WorkPoolCreate: {
            /** Name */
            name: string;
            /** Description */
            description?: string | null;
            /**
             * Type
             * @default prefect-agent
             */
            type: string;
            /** Base Job Template */
            base_job_template?: {
                [key: string]: unknown;
            };
            /**
             * Is Paused
             * @default false
             */
            is_paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            storage_configuration?: components["schemas"]["WorkPoolStorageConfiguration"];
        };
        /** WorkPoolFilter */
        WorkPoolFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["WorkPoolFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["WorkPoolFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["WorkPoolFilter"][] | null;
            id?: components["schemas"]["WorkPoolFilterId"] | null;
            name?: components["schemas"]["WorkPoolFilterName"] | null;
            type?: components["schemas"]["WorkPoolFilterType"] | null;
        };
        /** WorkPoolFilterId */
        WorkPoolFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** WorkPoolFilterName */
        WorkPoolFilterName: {
            /** Any */
            any_?: string[] | null;
        };
        /** WorkPoolFilterType */
        WorkPoolFilterType: {
            /** Any */
            any_?: string[] | null;
        };
        /** WorkPoolResponse */
        WorkPoolResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /** Description */
            description?: string | null;
            /** Type */
            type: string;
            /** Base Job Template */
            base_job_template?: {
                [key: string]: unknown;
            };
            /**
             * Is Paused
             * @default false
             */
            is_paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            status?: components["schemas"]["WorkPoolStatus"] | null;
            /** Default Queue Id */
            default_queue_id?: string | null;
            storage_configuration?: components["schemas"]["WorkPoolStorageConfiguration"];
            /** Active Slots */
            active_slots?: number | null;
        };
        /**
         * WorkPoolStatus
         * @enum {string}
         */
        WorkPoolStatus: "READY" | "NOT_READY" | "PAUSED";
        /** WorkPoolStorageConfiguration */
        WorkPoolStorageConfiguration: {
            /** Bundle Upload Step */
            bundle_upload_step?: {
                [key: string]: unknown;
            } | null;
            /** Bundle Execution Step */
            bundle_execution_step?: {
                [key: string]: unknown;
            } | null;
            /** Default Result Storage Block Id */
            default_result_storage_block_id?: string | null;
        };
        /** WorkPoolUpdate */
        WorkPoolUpdate: {
            /** Description */
            description?: string | null;
            /** Is Paused */
            is_paused?: boolean | null;
            /** Base Job Template */
            base_job_template?: {
                [key: string]: unknown;
            } | null;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            storage_configuration?: components["schemas"]["WorkPoolStorageConfiguration"] | null;
        };
        /** WorkQueue */
        WorkQueue: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string | null;
            /**
             * Is Paused
             * @default false
             */
            is_paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /**
             * Priority
             * @default 1
             */
            priority: number;
            /** Work Pool Id */
            work_pool_id?: string | null;
            /** @deprecated */
            filter?: components["schemas"]["QueueFilter"] | null;
            /** Last Polled */
            last_polled?: string | null;
        };
        /** WorkQueueConcurrencyStatus */
        WorkQueueConcurrencyStatus: {
            /** Active Slots */
            active_slots: number;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /** Flow Runs */
            flow_runs?: components["schemas"]["FlowRunSlotSummary"][];
            /** Count */
            count: number;
            /** Limit */
            limit: number;
            /** Pages */
            pages: number;
            /** Page */
            page: number;
        };
        /** WorkQueueConcurrencyStatusDetail */
        WorkQueueConcurrencyStatusDetail: {
            /**
             * Queue Id
             * Format: uuid
             */
            queue_id: string;
            /** Queue Name */
            queue_name: string;
            /** Active Slots */
            active_slots: number;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /** Flow Runs */
            flow_runs?: components["schemas"]["FlowRunSlotSummary"][];
            /** Flow Run Count */
            flow_run_count?: number | null;
        };
        /** WorkQueueCreate */
        WorkQueueCreate: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string | null;
            /**
             * Is Paused
             * @default false
             */
            is_paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /** Priority */
            priority?: number | null;
            /** @deprecated */
            filter?: components["schemas"]["QueueFilter"] | null;
        };
        /** WorkQueueFilter */
        WorkQueueFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["WorkQueueFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["WorkQueueFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["WorkQueueFilter"][] | null;
            id?: components["schemas"]["WorkQueueFilterId"] | null;
            name?: components["schemas"]["WorkQueueFilterName"] | null;
        };
        /** WorkQueueFilterId */
        WorkQueueFilterId: {
            /** Any */
            any_?: string[] | null;
        };
        /** WorkQueueFilterName */
        WorkQueueFilterName: {
            /** Any */
            any_?: string[] | null;
            /** Startswith */
            startswith_?: string[] | null;
        };
        /** WorkQueueHealthPolicy */
        WorkQueueHealthPolicy: {
            /**
             * Maximum Late Runs
             * @default 0
             */
            maximum_late_runs: number | null;
            /**
             * Maximum Seconds Since Last Polled
             * @default 60
             */
            maximum_seconds_since_last_polled: number | null;
        };
        /** WorkQueueResponse */
        WorkQueueResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description: string | null;
            /**
             * Is Paused
             * @default false
             */
            is_paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /**
             * Priority
             * @default 1
             */
            priority: number;
            /** Work Pool Id */
            work_pool_id?: string | null;
            /** @deprecated */
            filter?: components["schemas"]["QueueFilter"] | null;
            /** Last Polled */
            last_polled?: string | null;
            /** Work Pool Name */
            work_pool_name?: string | null;
            status?: components["schemas"]["WorkQueueStatus"] | null;
            /** Active Slots */
            active_slots?: number | null;
        };
        /**
         * WorkQueueStatus
         * @enum {string}
         */
        WorkQueueStatus: "READY" | "NOT_READY" | "PAUSED";
        /** WorkQueueStatusDetail */
        WorkQueueStatusDetail: {
            /** Healthy */
            healthy: boolean;
            /**
             * Late Runs Count
             * @default 0
             */
            late_runs_count: number;
            /** Last Polled */
            last_polled?: string | null;
            health_check_policy: components["schemas"]["WorkQueueHealthPolicy"];
        };
        /** WorkQueueUpdate */
        WorkQueueUpdate: {
            /** Name */
            name?: string | null;
            /** Description */
            description?: string | null;
            /**
             * Is Paused
             * @default false
             */
            is_paused: boolean;
            /** Concurrency Limit */
            concurrency_limit?: number | null;
            /** Priority */
            priority?: number | null;
            /** Last Polled */
            last_polled?: string | null;
            /** @deprecated */
            filter?: components["schemas"]["QueueFilter"] | null;
        };
        /** WorkerFilter */
        WorkerFilter: {
            /** @default and_ */
            operator: components["schemas"]["Operator"];
            /** All Of */
            all_of?: components["schemas"]["WorkerFilter"][] | null;
            /** Any Of */
            any_of?: components["schemas"]["WorkerFilter"][] | null;
            /** None Of */
            none_of?: components["schemas"]["WorkerFilter"][] | null;
            last_heartbeat_time?: components["schemas"]["WorkerFilterLastHeartbeatTime"] | null;
            status?: components["schemas"]["WorkerFilterStatus"] | null;
        };
        /** WorkerFilterLastHeartbeatTime */
        WorkerFilterLastHeartbeatTime: {
            /** Before */
            before_?: string | null;
            /** After */
            after_?: string | null;
        };
        /** WorkerFilterStatus */
        WorkerFilterStatus: {
            /** Any */
            any_?: components["schemas"]["WorkerStatus"][] | null;
            /** Not Any */
            not_any_?: components["schemas"]["WorkerStatus"][] | null;
        };
        /** WorkerFlowRunResponse */
        WorkerFlowRunResponse: {
            /**
             * Work Pool Id
             * Format: uuid
             */
            work_pool_id: string;
            /**
             * Work Queue Id
             * Format: uuid
             */
            work_queue_id: string;
            flow_run: components["schemas"]["FlowRun"];
        };
        /** WorkerResponse */
        WorkerResponse: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Created */
            created: string | null;
            /** Updated */
            updated: string | null;
            /** Name */
            name: string;
            /**
             * Work Pool Id
             * Format: uuid
             */
            work_pool_id: string;
            /** Last Heartbeat Time */
            last_heartbeat_time?: string | null;
            /** Heartbeat Interval Seconds */
            heartbeat_interval_seconds?: number | null;
            /** @default OFFLINE */
            status: components["schemas"]["WorkerStatus"];
        };
        /**
         * WorkerStatus
         * @enum {string}
         */
        WorkerStatus: "ONLINE" | "OFFLINE";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
