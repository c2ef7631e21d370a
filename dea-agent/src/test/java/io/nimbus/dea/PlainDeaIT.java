package io.nimbus.dea;

import io.nimbus.warden.WardenOptions;

class PlainDeaIT extends DeaContract {
    PlainDeaIT() throws Exception {
        super(WardenOptions.Backend.PLAIN);
    }
}
