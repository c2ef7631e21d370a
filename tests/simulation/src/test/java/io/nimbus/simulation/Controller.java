package io.nimbus.simulation;

import io.nimbus.healthmanager.policy.DesiredStateSource;

/**
 * A controller as the rest of the platform sees it; several share one {@link Database}. {@link
 * FakeController} stands for it until the real one's policies are wired to a virtual bus.
 */
interface Controller extends DesiredStateSource {
    /** Neither answers nor hears. */
    void goDown();

    void comeUp();

    /** Starts every instance that the database wants of an app, as an API request would. */
    default void carryOut(String app) {
        tellOf(app, 0);
    }

    /** Starts those from this index on, and says that the app has changed. */
    void tellOf(String app, int from);

    /** Stops every instance of an app. */
    void stopAll(String app);
}
