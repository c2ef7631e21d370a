package io.nimbus.router.proxy;

/** A client's connection, whatever it speaks. */
interface Client {
    /** Ends it now if nothing is under way, else after what is. */
    void drain();

    void close();
}
