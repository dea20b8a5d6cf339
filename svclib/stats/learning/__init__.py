"""Learning and service: gains without the error of measurement, training by branch, certificates and satisfaction."""
