"""Flow run notification policies by clients that have them: made, found, changed, deleted. Prints what was found."""

import asyncio
import json

from prefect import flow, tags
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunNotificationPolicyFilter, FlowRunNotificationPolicyFilterIsActive
from prefect.exceptions import ObjectNotFound


@flow
def watched():
    pass


async def main():
    block = CustomWebhookNotificationBlock(name="told", url="http://127.0.0.1:9/")
    block_id = await block.save("told", overwrite=True)
    async with get_client() as client:

        async def found(active):
            wanted = FlowRunNotificationPolicyFilter(is_active=FlowRunNotificationPolicyFilterIsActive(eq_=active))
            listed = await client.read_flow_run_notification_policies(wanted)
            return [[policy.state_names, policy.tags, policy.message_template] for policy in listed]

        id = await client.create_flow_run_notification_policy(
            block_document_id=block_id, state_names=["Completed"], tags=["watched"], message_template="{flow_run_name}"
        )
        made = await found(active=True)
        with tags("watched"):
            await asyncio.to_thread(watched)
        await asyncio.to_thread(watched)
        for _ in range(100):
            firings = (await client._client.get(f"/automations/{id}/firings")).json()
            if firings:
                break
            await asyncio.sleep(0.2)
        await client.update_flow_run_notification_policy(id, is_active=False, message_template="{flow_name}")
        changed = await found(active=False)
        await client.delete_flow_run_notification_policy(id)
        try:
            await client.delete_flow_run_notification_policy(id)
        except ObjectNotFound:
            gone = await found(active=False) == []
    print(json.dumps({"made": made, "firings": len(firings), "changed": changed, "gone": gone}))


asyncio.run(main())
