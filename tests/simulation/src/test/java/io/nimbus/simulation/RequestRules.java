package io.nimbus.simulation;

import io.nimbus.subjects.InstanceStartRequest;
import io.nimbus.subjects.InstanceStopRequest;
import java.util.Optional;

/** Whether a controller obeys the health manager: its database has the last word. */
interface RequestRules {
    boolean obeys(InstanceStartRequest request, Optional<Database.App> app);

    boolean obeys(InstanceStopRequest request, Optional<Database.App> app);

    /** The original controller's. Source: cloud_controller_ng, dea/hm9000/respondent.rb. */
    RequestRules CONTRACT =
            new RequestRules() {
                @Override
                public boolean obeys(
                        InstanceStartRequest request, Optional<Database.App> app) {
                    return app.filter(Database.App::isStartable)
                            .filter(a -> a.version().equals(request.version()))
                            .filter(a -> request.index() < a.instances())
                            .isPresent();
                }

                @Override
                public boolean obeys(InstanceStopRequest request, Optional<Database.App> app) {
                    return app.isEmpty()
                            || app.get().staging() == Database.Staging.FAILED
                            || request.duplicate()
                            || !app.get().version().equals(request.version())
                            || request.index() >= app.get().instances()
                            || !app.get().started();
                }
            };
}
