"""The trainer inside the artefact: `scoring` is a link to training/scoring, which `sam build` follows and copies."""
