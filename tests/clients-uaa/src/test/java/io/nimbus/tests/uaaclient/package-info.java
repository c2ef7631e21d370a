/** The official Java client's view of the uaa. */
@NullMarked
package io.nimbus.tests.uaaclient;

import org.jspecify.annotations.NullMarked;
